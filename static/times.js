// <time datetime> in the reader's own zone: how long ago in words or the time of day, the moment and its zone on hover.

const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"], [4.345, "week"], [12, "month"], [Infinity, "year"]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const ofDay = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "long" });

/** "3 min. ago", "in 2 hr." */
export function relative(date, now = Date.now()) {
  let amount = (date.getTime() - now) / 1000;
  if (Math.abs(amount) < 10) return "just now";
  for (const [size, unit] of STEPS) {
    if (Math.abs(amount) < size) return ago.format(Math.trunc(amount), unit);
    amount /= size;
  }
  return "";
}

/** "4:07", or "1:02:30" from an hour on. */
export function clockTime(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}` : `${m}:${String(s).padStart(2, "0")}`;
}

/** How long something has gone on. */
export function elapsed(date, now = Date.now()) {
  return clockTime(Math.max(0, Math.floor((now - date.getTime()) / 1000)));
}

/** Write every time of the page anew. */
export function refreshTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime][data-elapsed]")) {
    element.textContent = elapsed(new Date(element.dateTime));
  }
  for (const element of root.querySelectorAll("time[datetime]:is([data-relative], [data-clock])")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const text = "clock" in element.dataset ? ofDay.format(date) : relative(date);
    if (element.textContent !== text) element.textContent = text;
    element.title = absolute.format(date);
  }
}
