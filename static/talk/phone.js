// The phone that rings: its socket, its earpiece and its microphone (docs/events.md, "Talking to the agent").

import { mulaw } from "../call/mulaw.js";

const RATE = 8000;
const PIECE_BYTES = 480; // 60 ms: shorter pieces would crackle at their edges
const AHEAD_S = 0.15;
const FULL_LEVEL = 0.25; // as loud as people speak into a microphone

export class Phone extends EventTarget {
  /** Dispatches `level` (detail: 0 to 1) and `closed` (detail: {code, reason}). */
  constructor() {
    super();
    this.context = new AudioContext();
    this.waiting = [];
    this.waitingBytes = 0;
    this.end_s = 0;
    this.socket = null;
    this.isOn = true;
  }

  /** Ask for the microphone. Rejects where there is none, or it is refused. */
  async openMicrophone() {
    this.media = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    await this.context.audioWorklet.addModule(new URL("./microphone-worklet.js", import.meta.url));
    const telephone = new AudioWorkletNode(this.context, "telephone", { numberOfOutputs: 0 });
    telephone.port.onmessage = ({ data }) => {
      if (!this.isOn) return;
      this.dispatchEvent(new CustomEvent("level", { detail: Math.min(1, data.level / FULL_LEVEL) }));
      this.send(data.audio);
    };
    this.context.createMediaStreamSource(this.media).connect(telephone);
  }

  /** Take the phone of a call. Resolves when it is held. */
  take(id) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/ws/talk/${id}`);
    this.socket.binaryType = "arraybuffer";
    return new Promise((resolve, reject) => {
      this.socket.addEventListener("message", ({ data }) => {
        if (typeof data === "string") resolve();
        else this.hear(new Uint8Array(data));
      });
      this.socket.addEventListener("close", ({ code, reason }) => {
        this.leave();
        this.dispatchEvent(new CustomEvent("closed", { detail: { code, reason } }));
        reject(new Error(reason || "The connection broke off."));
      });
    });
  }

  say(text) {
    this.send(JSON.stringify({ text }));
  }

  hangUp() {
    this.send(JSON.stringify({ hang_up: true }));
  }

  /** Let go of the microphone and the loudspeaker. */
  leave() {
    for (const track of this.media?.getTracks() ?? []) track.stop();
    if (this.context.state !== "closed") this.context.close();
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(message);
  }

  hear(bytes) {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    if (this.waitingBytes < PIECE_BYTES || this.context.state !== "running") return;
    const piece = new Uint8Array(this.waitingBytes);
    let at = 0;
    for (const part of this.waiting) {
      piece.set(part, at);
      at += part.length;
    }
    this.waiting = [];
    this.waitingBytes = 0;
    this.play(mulaw(piece));
  }

  /** One piece after the other; after a pause, or when too much waits, a little ahead of now. */
  play(samples) {
    const now_s = this.context.currentTime;
    if (this.end_s < now_s || this.end_s > now_s + 4 * AHEAD_S) this.end_s = now_s + AHEAD_S;
    const buffer = this.context.createBuffer(1, samples.length, RATE);
    buffer.copyToChannel(samples, 0);
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    source.start(this.end_s);
    this.end_s += samples.length / RATE;
  }
}
