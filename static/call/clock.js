// How long the callee has been on the phone, and when to ask for the cost anew.

import { clock } from "./format.js";

const COST_EVERY_S = 10;

/** Run the clock in the head while the call is live; the server's time counts. */
export function showClock(call) {
  const ahead_ms = Date.now() - Date.parse(call.dataset.now);
  let ticks = 0;
  setInterval(() => {
    const shown = document.getElementById("clock");
    if (!shown?.dataset.since) return;
    shown.textContent = clock(Date.now() - ahead_ms - Date.parse(shown.dataset.since));
    ticks += 1;
    if (ticks % COST_EVERY_S === 0) call.dispatchEvent(new CustomEvent("call:cost"));
  }, 1000);
}
