// The transcript as it is spoken: grey until heard, struck through when it never was.

import { onKeys } from "../keyboard.js";
import { clock, seconds } from "./format.js";
import { keepRoom } from "./room.js";
import { keepInView } from "./scrolling.js";

/** Follow the feed's turns. */
export function showTranscript(call) {
  const turns = () => document.getElementById("turns");
  const speaking = () => document.getElementById("speaking");
  const follow = document.getElementById("follow");
  const scroll = () => {
    if (follow.checked) turns().scrollTop = turns().scrollHeight;
  };

  call.addEventListener("feed:transcript_update", (event) => {
    const turn = event.detail.data;
    const isNew = put(turns(), turn);
    if (turn.speaker === "caller" || isNew) speaking().hidden = true;
    scroll();
  });
  call.addEventListener("feed:speech", () => {
    speaking().hidden = false;
    scroll();
  });
  call.addEventListener("feed:call_status", (event) => {
    if (event.detail.data.state !== "in_progress") speaking().hidden = true;
  });
  if ("live" in call.dataset) keepRoom(call, scroll);

  onKeys({
    f: () => {
      follow.checked = !follow.checked;
      const current = turns().querySelector("[aria-current]") ?? turns().lastElementChild;
      if (follow.checked && current) keepInView(turns(), current);
    },
  });
}

/** Write a turn into its place; whether it was new. */
function put(list, turn) {
  let item = document.getElementById(`turn-${turn.turn}`);
  const isNew = !item;
  if (isNew) {
    item = document.getElementById("blank-turn").content.firstElementChild.cloneNode(true);
    item.id = `turn-${turn.turn}`;
    const next = [...list.children].find((other) => other.id === "speaking" || Number(other.dataset.turn) > turn.turn);
    list.insertBefore(item, next ?? null);
  }
  fill(item, turn);
  for (let late = item; late; late = late.nextElementSibling) tellWait(late);
  return isNew;
}

function fill(item, turn) {
  const [heard, unheard] = parts(turn);
  Object.assign(item.dataset, {
    turn: turn.turn,
    speaker: turn.speaker,
    state: !unheard ? "heard" : turn.final ? "cut" : "sounding",
    startMs: turn.start_ms,
    endMs: Math.max(turn.end_ms, turn.start_ms),
  });
  write(item.querySelector(".turn-who"), turn.speaker === "agent" ? "Agent" : "Callee");
  write(item.querySelector(".turn-heard"), heard);
  write(item.querySelector(".turn-unheard"), unheard);
  const moment = item.querySelector(".turn-moment");
  write(moment, clock(turn.start_ms));
  moment.dataset.seek = turn.start_ms;
  moment.href = `#turn-${turn.turn}`;
}

function parts(turn) {
  if (turn.heard >= 1) return [turn.text, ""];
  if (turn.text.startsWith(turn.heard_text)) return [turn.heard_text, turn.text.slice(turn.heard_text.length)];
  return [turn.heard_text, turn.text];
}

/** An answer of the agent says how long the callee had waited for it. */
function tellWait(item) {
  const shown = item.querySelector(".turn-answered");
  if (!shown) return;
  let before = item.previousElementSibling;
  while (before && !sounded(before)) before = before.previousElementSibling;
  const isAnswer = item.dataset.speaker === "agent" && sounded(item) && before?.dataset.speaker === "caller";
  const wait = Math.max(Number(item.dataset.startMs) - Number(before?.dataset.endMs), 0);
  write(shown, isAnswer ? `answered after ${seconds(wait)}` : "");
}

/** Not so what the agent would have said and nobody heard. */
function sounded(item) {
  return item.dataset.speaker !== "agent" || item.dataset.state !== "cut" || item.querySelector(".turn-heard").textContent;
}

/** Only what is new: a screen reader reads out what is written. */
function write(element, text) {
  const now = element.textContent;
  if (text === now) return;
  if (now && text.startsWith(now)) element.append(text.slice(now.length));
  else element.textContent = text;
}
