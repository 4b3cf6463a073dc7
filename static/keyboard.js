// Keys that work anywhere on a page, except while something is being typed.

const TYPING = 'input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select, [contenteditable]';
// What these keys press, wherever the focus is on it.
const PRESSES = { Enter: "a, button, summary, audio", " ": "button, summary, audio, input" };

/**
 * Call `actions[event.key](event)` for keys pressed without Ctrl, Alt or Meta, outside fields and open dialogs.
 * The browser's own meaning of a key that has an action is suppressed.
 */
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
    if (PRESSES[event.key] && event.target.closest(PRESSES[event.key])) return;
    event.preventDefault();
    action(event);
  });
}
