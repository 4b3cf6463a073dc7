// The events of a call, each once and in order, also when the connection breaks (docs/events.md).

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 10_000; // a live call tells its levels several times a second
const FINAL_CLOSES = new Map([
  [4400, "This page is out of date: reload it."],
  [4401, "You are signed out: sign in again."],
  [4404, "This call is not there any more."],
]);

/**
 * Dispatches each message as `feed:<type>` on `target`, with the message as `detail`; `feed:stored` too for numbered
 * ones; and about the connection `feed:up`, `feed:back` (it had been lost, and other requests perhaps with it),
 * `feed:down` (detail: {wait_ms}) and `feed:over` (detail: {reason}).
 */
export class Feed {
  constructor(target, path, seq) {
    this.target = target;
    this.path = path;
    this.seq = seq;
    this.failures = 0;
    this.socket = null;
    addEventListener("online", () => this.retryNow());
    addEventListener("offline", () => this.socket?.close());
  }

  /** Connect, unless connected; what happened since the last event comes first. */
  open() {
    if (this.socket) return;
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.path}?after=${this.seq}`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.tell("feed:up");
      if (this.failures) this.tell("feed:back");
      this.failures = 0;
      this.watch();
    });
    socket.addEventListener("message", (event) => {
      this.watch();
      this.take(JSON.parse(event.data));
    });
    socket.addEventListener("close", (event) => this.lost(socket, event));
  }

  /** Try again at once, if the connection is down. */
  retryNow() {
    if (!this.socket && this.failures) this.open();
  }

  take(message) {
    if (message.type === "snapshot") {
      this.seq = message.seq;
    } else if (message.seq !== null) {
      if (message.seq <= this.seq) return;
      this.seq = message.seq;
    }
    this.tell(`feed:${message.type}`, message);
    if (message.seq !== null) this.tell("feed:stored", message);
  }

  watch() {
    clearTimeout(this.silence);
    if (this.target.dataset.state !== "in_progress") return;
    this.silence = setTimeout(() => this.socket?.close(), SILENCE_MS);
  }

  lost(socket, event) {
    if (socket !== this.socket) return;
    this.socket = null;
    clearTimeout(this.silence);
    const reason = FINAL_CLOSES.get(event.code);
    if (reason) {
      this.tell("feed:over", { reason });
      return;
    }
    const wait_ms = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS) * (0.75 + Math.random() / 2);
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), wait_ms);
    this.tell("feed:down", { wait_ms });
  }

  tell(name, detail = null) {
    this.target.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
