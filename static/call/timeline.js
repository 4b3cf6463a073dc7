// The timeline: its words are the server's, so new lines are asked for when the feed tells of something new.

/* global htmx */

const RETRY_MS = 2_000;
const NOT_SHOWN = new Set(["transcript_update", "speech"]);

/** Keep the timeline complete: each line once and in order. */
export function showTimeline(call) {
  const list = document.getElementById("timeline");
  let known = Number(call.dataset.seq);
  let wanted = known;
  let isLoading = false;

  async function load() {
    if (isLoading) return;
    isLoading = true;
    while (known < wanted) {
      const upTo = wanted; // events are stored before they are told: this answer has them all
      try {
        await htmx.ajax("GET", `${call.dataset.lines}?after=${last(list)}`, { target: list, swap: "beforeend" });
        known = upTo;
        if (document.getElementById("follow").checked) list.scrollTop = list.scrollHeight;
      } catch {
        setTimeout(load, RETRY_MS);
        break;
      }
    }
    isLoading = false;
  }

  call.addEventListener("feed:stored", (event) => {
    if (NOT_SHOWN.has(event.detail.type)) return;
    wanted = Math.max(wanted, event.detail.seq);
    load();
  });
}

function last(list) {
  return Number(list.lastElementChild?.dataset.seq ?? 0);
}
