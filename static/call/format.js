// Times as the server's templates write them (tasks_app/call_page/words.py).

import { clockTime } from "../times.js";

/** A moment of the call: m:ss, or h:mm:ss. */
export function clock(ms) {
  return clockTime(Math.floor(Math.max(ms, 0) / 1000));
}

/** A short time: 0.25 s, 1.2 s, 34 s. */
export function seconds(ms) {
  const s = ms / 1000;
  return `${s.toFixed(s < 1 ? 2 : s < 10 ? 1 : 0)} s`;
}
