// The transcript of a live call stands above what one acts with, and is never covered by it.

const LEAST_PX = 144; // two turns, and a line of a third
const BETWEEN_PX = 41; // the foot of the transcript's card, the gap to the controls, and theirs to the window

/** Tell the style sheet (`--room`) how high the list of turns may be, whenever that changes; then call `onChange`. */
export function keepRoom(call, onChange) {
  const transcript = document.getElementById("transcript");
  const controls = document.getElementById("controls");
  const fit = () => {
    if (!controls.hasChildNodes()) return; // the call is over
    const top = transcript.getBoundingClientRect().top + scrollY;
    const room = innerHeight - top - controls.offsetHeight - BETWEEN_PX;
    call.style.setProperty("--room", `${Math.max(room, LEAST_PX)}px`);
    call.toggleAttribute("data-cramped", room < LEAST_PX); // then the controls stay in their place below
    if (controls.contains(document.activeElement)) controls.scrollIntoView({ block: "nearest" });
    onChange();
  };
  const resized = new ResizeObserver(fit);
  for (const id of ["connection", "head", "recording", "controls"]) resized.observe(document.getElementById(id));
  addEventListener("resize", fit);
}
