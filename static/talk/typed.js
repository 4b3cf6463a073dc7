// Which of what was typed is said by a turn of the transcript.

/** The bare words of a text; two texts of the same words sound the same. */
export function wordsOf(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/** Indices of the `typed` words, oldest first, whose place a turn takes: one said just so, else all in it, else one it is a part of. */
export function saidBy(turn, typed) {
  const words = wordsOf(turn);
  if (!words) return [];
  const same = typed.indexOf(words);
  if (same >= 0) return [same];
  const within = [];
  let rest = ` ${words} `;
  typed.forEach((item, index) => {
    const at = item ? rest.indexOf(` ${item} `) : -1;
    if (at < 0) return;
    within.push(index);
    rest = rest.slice(at + item.length + 1);
  });
  if (within.length) return within;
  return typed.flatMap((item, index) => (` ${item} `.includes(` ${words} `) ? [index] : [])).slice(0, 1);
}
