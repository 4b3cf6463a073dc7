// Times as the server's templates write them (tasks_app/call_page/words.py).

/** A moment of the call: m:ss, or h:mm:ss. */
export function clock(ms) {
  const total = Math.floor(Math.max(ms, 0) / 1000);
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** A short time: 0.25 s, 1.2 s, 34 s. */
export function seconds(ms) {
  const s = ms / 1000;
  return `${s.toFixed(s < 1 ? 2 : s < 10 ? 1 : 0)} s`;
}
