// Listening in: the callee on the left, the agent on the right (docs/events.md, "Listening in").

import { mulaw } from "./mulaw.js";

const HEADER_BYTES = 9;
const RATE = 8000;
const BEHIND_S = 0.7; // the agent's side comes 0.4 s late: only then it is sure what the phone has played
const OVER = 4410;
const CLOSED = new Map([
  [OVER, "The call is over: hear its recording."],
  [4401, "You are signed out: sign in again."],
  [4404, "There is nothing to hear yet."],
  [4503, "The sound cannot be had just now. Try again in a moment."],
]);

/** Bind the "Listen in" button. */
export function listenIn(call) {
  let listener = null;
  const button = () => call.querySelector('[data-control="listen"]');
  const status = (text) => {
    const line = document.getElementById("controls-status");
    if (line) line.textContent = text;
  };

  function stop(reason) {
    listener?.close();
    listener = null;
    button()?.setAttribute("aria-pressed", "false");
    status(reason);
  }

  call.addEventListener("click", (event) => {
    if (!event.target.closest('[data-control="listen"]')) return;
    if (listener) {
      stop("You no longer hear the call.");
      return;
    }
    listener = new Listener(call.dataset.id, (code) => stop(CLOSED.get(code) ?? "The sound broke off. Listen in again."));
    button().setAttribute("aria-pressed", "true");
    status("You hear the callee on the left and the agent on the right. They do not hear you.");
  });
}

class Listener {
  constructor(id, onClosed) {
    this.context = new AudioContext({ sampleRate: RATE });
    this.lanes = this.context.createChannelMerger(2);
    this.lanes.connect(this.context.destination);
    this.zero_s = null; // where the call clock begins on the context's
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/ws/call/${id}/audio`);
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("message", (event) => {
      if (typeof event.data !== "string") this.play(event.data);
    });
    this.socket.addEventListener("close", (event) => { if (!this.isClosed) onClosed(event.code); });
  }

  close() {
    this.isClosed = true;
    this.socket.close();
    this.context.close();
  }

  /** Play one piece at its place on the call clock. */
  play(message) {
    const view = new DataView(message);
    const lane = view.getUint8(0);
    const start_s = view.getFloat64(1) / 1000;
    const samples = mulaw(new Uint8Array(message, HEADER_BYTES));
    const now_s = this.context.currentTime;
    // The first piece sets the delay; one that comes too late all the same moves what follows.
    if (this.zero_s === null) this.zero_s = now_s + BEHIND_S - start_s;
    if (this.zero_s + start_s < now_s) this.zero_s = now_s - start_s;
    const buffer = this.context.createBuffer(1, samples.length, RATE);
    buffer.copyToChannel(samples, 0);
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.lanes, 0, lane);
    source.start(this.zero_s + start_s);
  }
}
