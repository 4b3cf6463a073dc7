// The shape of a recording: the callee above, the agent below, what happened between them.

import { get } from "../http.js";

const MARKS = { "barge-in": "✂", tool: "⚙", operator: "☻", key: "#" };
const MARK_ROOM = 14;
const BAR = 2;
const GAP = 1;
const NOT_PLAYED = 0.5;

/** Draws the shape at `url` on `canvas`; the marks are the lines of the timeline, the colours those of the style sheet. */
export class Waveform {
  constructor(canvas, url, call, duration_ms, signal) {
    this.canvas = canvas;
    this.url = url;
    this.isLoaded = false;
    this.call = call;
    this.duration_ms = duration_ms;
    this.shape = { caller: [], agent: [] };
    this.picture = document.createElement("canvas"); // all of it, as if it had been played
    this.now_ms = 0;
    const redraw = () => {
      this.paint();
      this.draw(this.now_ms);
    };
    const resized = new ResizeObserver(redraw);
    resized.observe(canvas);
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw, { signal });
    call.addEventListener("htmx:afterSettle", redraw, { signal });
    signal.addEventListener("abort", () => {
      resized.disconnect();
      themed.disconnect();
    });
  }

  async load() {
    try {
      this.shape = await get(this.url);
    } catch {
      return; // the sound plays without its shape
    }
    this.isLoaded = true;
    this.paint();
    this.draw(this.now_ms);
  }

  /** Show where the sound is: what was played in full colour, the rest paler. */
  draw(now_ms) {
    this.now_ms = now_ms;
    const { width, height } = this.canvas;
    if (!width || !height) return;
    const on = this.canvas.getContext("2d");
    const played = Math.min(Math.round(this.x(now_ms, width)), width - 2);
    on.clearRect(0, 0, width, height);
    on.globalAlpha = NOT_PLAYED;
    on.drawImage(this.picture, 0, 0);
    on.globalAlpha = 1;
    if (played > 0) {
      on.clearRect(0, 0, played, height);
      on.drawImage(this.picture, 0, 0, played, height, 0, 0, played, height);
    }
    on.fillStyle = this.colour("--lane-now");
    on.fillRect(Math.max(played, 0), 0, 2 * devicePixelRatio, height);
  }

  /** Make the picture anew: the size, the theme or the marks have changed. */
  paint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
    }
    const on = this.picture.getContext("2d");
    on.scale(devicePixelRatio, devicePixelRatio);
    const lane = (height - MARK_ROOM) / 2;
    this.paintLane(on, this.shape.caller, width, lane / 2, lane, this.colour("--lane-caller"));
    this.paintLane(on, this.shape.agent, width, height - lane / 2, lane, this.colour("--lane-agent"));
    this.paintMarks(on, width, lane + MARK_ROOM / 2);
  }

  /** One side: bars around the middle of its lane. */
  paintLane(on, peaks, width, middle, height, colour) {
    const bars = Math.floor(width / (BAR + GAP));
    on.fillStyle = colour;
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * peaks.length) / bars);
      const to = Math.max(Math.floor(((bar + 1) * peaks.length) / bars), from + 1);
      const peak = peaks.length ? Math.max(...peaks.slice(from, to)) : 0;
      const size = Math.max(Math.sqrt(peak / 255) * (height - 4), 1);
      on.fillRect(bar * (BAR + GAP), middle - size / 2, BAR, size);
    }
  }

  /** A tick where each turn begins, and a glyph for what else happened. */
  paintMarks(on, width, y) {
    on.fillStyle = this.colour("--lane-mark");
    on.font = "11px 'DejaVu Sans', 'Segoe UI Symbol', sans-serif";
    on.textAlign = "center";
    on.textBaseline = "middle";
    for (const turn of this.call.querySelectorAll("#turns .turn[data-start-ms]")) {
      on.fillRect(this.x(Number(turn.dataset.startMs), width), y - 2, 1, 4);
    }
    for (const line of this.call.querySelectorAll("#timeline .line[data-at-ms]")) {
      const mark = MARKS[line.dataset.kind];
      if (mark) on.fillText(mark, Math.min(Math.max(this.x(Number(line.dataset.atMs), width), 6), width - 6), y);
    }
  }

  x(ms, width) {
    return (ms / this.duration_ms) * width;
  }

  colour(name) {
    return getComputedStyle(this.canvas).getPropertyValue(name);
  }
}
