// The recording: its sound, its shape, and the transcript that follows it.

import { onKeys } from "../keyboard.js";
import { clock } from "./format.js";
import { keepInView } from "./scrolling.js";
import { Waveform } from "./waveform.js";

const SKIP_S = 5;
const CITED_MS = 4_000;

/** Bind the player, now and whenever the part of the page that holds it is replaced. */
export function showPlayer(call) {
  let player = null;
  const bind = () => {
    const audio = document.getElementById("audio");
    if (audio === player?.audio) return;
    player?.leave();
    player = audio ? new Player(call, audio) : null;
  };
  bind();
  call.addEventListener("htmx:afterSettle", bind);
  call.addEventListener("feed:back", () => player?.loadAgain());
  call.addEventListener("htmx:beforeRequest", (event) => {
    if (player && event.target.id === "recording") event.preventDefault(); // it may be playing, and does not change
  });

  call.addEventListener("click", (event) => {
    const target = seekTarget(event);
    if (!target || !player) return;
    if (event.target.closest("a")) event.preventDefault();
    player.seek(target.ms, { play: true });
    const turn = target.turn ?? turnAt(target.ms)?.dataset.turn;
    cite(document.getElementById(`turn-${turn}`));
  });

  onKeys({
    " ": () => player?.toggle(),
    ",": () => player?.skip(-SKIP_S),
    ".": () => player?.skip(SKIP_S),
    "<": () => player?.changeSpeed(-1),
    ">": () => player?.changeSpeed(1),
  });
}

/** What a click asks to hear: a link to a moment, or a turn of the transcript. */
function seekTarget(event) {
  const link = event.target.closest("[data-seek]");
  if (link) return { ms: Number(link.dataset.seek), turn: link.dataset.turn };
  const turn = event.target.closest(".turn[data-start-ms]");
  if (!turn || event.target.closest("a, button") || !getSelection().isCollapsed) return null;
  return { ms: Number(turn.dataset.startMs), turn: turn.dataset.turn };
}

/** The turn that sounds at a moment, else the last before it. */
function turnAt(ms) {
  const begun = [...document.querySelectorAll("#turns .turn[data-start-ms]")].filter((turn) => Number(turn.dataset.startMs) <= ms);
  return begun.findLast((turn) => Number(turn.dataset.endMs) > ms) ?? begun.at(-1) ?? null;
}

/** Point at a turn for a moment. */
function cite(turn) {
  if (!turn) return;
  keepInView(document.getElementById("turns"), turn);
  const box = turn.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) turn.scrollIntoView({ block: "center" });
  turn.dataset.cited = "";
  setTimeout(() => delete turn.dataset.cited, CITED_MS);
}

class Player {
  constructor(call, audio) {
    this.call = call;
    this.audio = audio;
    this.slider = document.getElementById("wave");
    this.speed = document.getElementById("speed");
    this.left = new AbortController();
    const section = audio.closest("[data-waveform]");
    this.duration_ms = Number(section.dataset.durationMs);
    this.waveform = new Waveform(this.slider.querySelector("canvas"), section.dataset.waveform, call, this.duration_ms, this.left.signal);
    this.waveform.load();

    const on = (target, names, action) => {
      for (const name of names) target.addEventListener(name, action, { signal: this.left.signal });
    };
    on(audio, ["timeupdate", "seeked", "seeking"], () => this.show());
    on(audio, ["play"], () => this.run());
    on(audio, ["keydown"], (event) => event.stopPropagation()); // the browser's own keys
    on(this.slider, ["keydown"], (event) => this.onSliderKey(event));
    on(this.slider, ["pointerdown"], (event) => this.onPointer(event));
    on(this.slider, ["pointermove"], (event) => { if (event.buttons) this.onPointer(event); });
    on(this.speed, ["change"], () => { audio.playbackRate = Number(this.speed.value); });
    const linked = /^#t=(\d+)$/.exec(location.hash);
    if (linked) this.seek(Number(linked[1]));
  }

  /** The page has another player now. */
  leave() {
    this.left.abort();
  }

  /** What could not be had while the connection was lost. */
  loadAgain() {
    if (!this.waveform.isLoaded) this.waveform.load();
    if (!this.audio.error) return;
    const at_s = this.audio.currentTime;
    this.audio.load();
    this.audio.currentTime = at_s;
  }

  get now_ms() {
    return this.audio.currentTime * 1000;
  }

  seek(ms, { play = false } = {}) {
    this.audio.currentTime = Math.min(Math.max(ms, 0), this.duration_ms) / 1000;
    history.replaceState(history.state, "", `#t=${Math.round(ms)}`);
    if (play) this.audio.play().catch(() => {}); // where sound needs a press of its own, the place is kept
    this.show();
  }

  skip(s) {
    this.seek(this.now_ms + s * 1000);
  }

  toggle() {
    if (this.audio.paused) this.audio.play();
    else this.audio.pause();
  }

  changeSpeed(by) {
    const index = this.speed.selectedIndex + by;
    if (index < 0 || index >= this.speed.length) return;
    this.speed.selectedIndex = index;
    this.speed.dispatchEvent(new Event("change"));
  }

  /** While it plays, the line moves with every frame. */
  run() {
    this.waveform.draw(this.now_ms);
    if (!this.audio.paused && !this.left.signal.aborted) requestAnimationFrame(() => this.run());
  }

  show() {
    const ms = this.now_ms;
    this.waveform.draw(ms);
    this.slider.setAttribute("aria-valuenow", Math.round(ms));
    this.slider.setAttribute("aria-valuetext", `${clock(ms)} of ${clock(this.duration_ms)}`);
    const turn = turnAt(ms);
    for (const other of document.querySelectorAll('#turns [aria-current="true"]')) {
      if (other !== turn) other.removeAttribute("aria-current");
    }
    if (!turn || turn.hasAttribute("aria-current")) return;
    turn.setAttribute("aria-current", "true");
    if (document.getElementById("follow").checked) keepInView(document.getElementById("turns"), turn);
  }

  onPointer(event) {
    const box = this.slider.getBoundingClientRect();
    this.seek(((event.clientX - box.left) / box.width) * this.duration_ms);
  }

  onSliderKey(event) {
    const to = {
      ArrowLeft: this.now_ms - SKIP_S * 1000,
      ArrowDown: this.now_ms - SKIP_S * 1000,
      ArrowRight: this.now_ms + SKIP_S * 1000,
      ArrowUp: this.now_ms + SKIP_S * 1000,
      Home: 0,
      End: this.duration_ms,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.seek(to);
  }
}
