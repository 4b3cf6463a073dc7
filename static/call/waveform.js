// The shape of a recording: the callee above, the agent below, what happened between them.

import { get } from "../http.js";

const MARKS = { "barge-in": "✂", tool: "⚙", operator: "☻", key: "#" };
const MARK_ROOM = 14;
const BAR = 2;
const GAP = 1;

/** Draws on `canvas`; the marks are the lines of the timeline, the colours those of the style sheet. */
export class Waveform {
  constructor(canvas, call, duration_ms, signal) {
    this.canvas = canvas;
    this.call = call;
    this.duration_ms = duration_ms;
    this.shape = { caller: [], agent: [] };
    this.now_ms = 0;
    const redraw = () => this.draw(this.now_ms);
    const resized = new ResizeObserver(redraw);
    resized.observe(canvas);
    const themed = new MutationObserver(redraw);
    themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", redraw, { signal });
    call.addEventListener("htmx:afterSettle", redraw, { signal });
    signal.addEventListener("abort", () => {
      resized.disconnect();
      themed.disconnect();
    });
  }

  async load(url) {
    try {
      this.shape = await get(url);
    } catch {
      return; // the sound plays without its shape
    }
    this.draw(this.now_ms);
  }

  draw(now_ms) {
    this.now_ms = now_ms;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const scale = devicePixelRatio;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const paint = this.canvas.getContext("2d");
    paint.scale(scale, scale);
    const style = getComputedStyle(this.canvas);
    const lane = (height - MARK_ROOM) / 2;
    this.lane(paint, this.shape.caller, width, lane / 2, lane, style.getPropertyValue("--lane-caller"));
    this.lane(paint, this.shape.agent, width, height - lane / 2, lane, style.getPropertyValue("--lane-agent"));
    this.marks(paint, width, lane + MARK_ROOM / 2, style.getPropertyValue("--lane-mark"));
    paint.fillStyle = style.getPropertyValue("--lane-now");
    paint.fillRect(Math.min(this.x(now_ms, width), width - 2), 0, 2, height);
  }

  x(ms, width) {
    return (ms / this.duration_ms) * width;
  }

  /** One side: bars around the middle of its lane, paler where it was not played yet. */
  lane(paint, peaks, width, middle, height, colour) {
    const bars = Math.floor(width / (BAR + GAP));
    const played = this.x(this.now_ms, width);
    paint.fillStyle = colour;
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * peaks.length) / bars);
      const to = Math.max(Math.floor(((bar + 1) * peaks.length) / bars), from + 1);
      const peak = peaks.length ? Math.max(...peaks.slice(from, to)) : 0;
      const size = Math.max(Math.sqrt(peak / 255) * (height - 4), 1);
      const x = bar * (BAR + GAP);
      paint.globalAlpha = x <= played ? 1 : 0.5;
      paint.fillRect(x, middle - size / 2, BAR, size);
    }
    paint.globalAlpha = 1;
  }

  marks(paint, width, y, colour) {
    paint.fillStyle = colour;
    paint.font = "11px 'DejaVu Sans', 'Segoe UI Symbol', sans-serif";
    paint.textAlign = "center";
    paint.textBaseline = "middle";
    for (const turn of this.call.querySelectorAll("#turns .turn[data-start-ms]")) {
      paint.fillRect(this.x(Number(turn.dataset.startMs), width), y - 2, 1, 4);
    }
    for (const line of this.call.querySelectorAll("#timeline .line[data-at-ms]")) {
      const mark = MARKS[line.dataset.kind];
      if (mark) paint.fillText(mark, Math.min(Math.max(this.x(Number(line.dataset.atMs), width), 6), width - 6), y);
    }
  }
}
