/** The line to the server: one Socket.IO connection that greets, reconnects at once when it can, and never gives up. */

import { io } from "../vendor/socket.io.js";

const ANSWER_WITHIN_MS = 12000;
const REFUSED_AFTER = 3;
const ASLEEP_AFTER_MS = 20000;

/** Why the server did not do what it was asked; the code is `no_answer` when nothing came back. */
export class Refusal extends Error {
  constructor(error) {
    super(error.message ?? error.code);
    this.code = error.code;
    this.params = error.params ?? {};
  }
}

export class Connection {
  /**
   * `greet()` says who we are each time the line is up and returns whether that worked; `status(name)` hears `connecting`,
   * `ready`, `offline` or `refused`; `reachable()` tells whether the server answers other requests of this page.
   */
  constructor(base, { greet, status, reachable }) {
    this.greet = greet;
    this.tell = status;
    this.reachable = reachable;
    this.ready = false;
    this.failures = 0;
    const url = new URL(base);
    this.socket = io(url.origin, {
      path: `${url.pathname}socket.io`,
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 8000,
      timeout: ANSWER_WITHIN_MS,
    });
    this.socket.on("connect", () => this.greeting());
    this.socket.on("disconnect", (reason) => {
      this.lost();
      // After a disconnect by the server the client must ask again itself.
      if (reason === "io server disconnect") setTimeout(() => this.hurry(), 1000);
    });
    this.socket.on("connect_error", () => this.failed());
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("offline", () => this.lost());
    window.addEventListener("pageshow", (event) => event.persisted && this.hurry());
    let left = 0;
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") left = Date.now();
      else if (!this.socket.connected) this.hurry();
      // A phone that slept may hold a dead line without knowing; greeting again finds out and fetches what was missed.
      else if (this.ready && Date.now() - left > ASLEEP_AFTER_MS) this.greeting();
    });
  }

  start() {
    this.tell("connecting");
    this.socket.connect();
  }

  on(event, listener) {
    this.socket.on(event, listener);
  }

  async greeting() {
    const attempt = (this.attempt = Symbol("attempt"));
    let welcome = false;
    try {
      welcome = await this.greet();
    } catch {
      // The answer did not come; the line is tried anew.
    }
    if (attempt !== this.attempt || !this.socket.connected) return;
    if (!welcome) {
      this.lost();
      setTimeout(() => this.again(), 2000);
      return;
    }
    this.failures = 0;
    this.ready = true;
    this.tell("ready");
  }

  lost() {
    this.ready = false;
    this.attempt = null;
    this.tell("offline");
  }

  async failed() {
    this.lost();
    this.failures += 1;
    if (this.failures >= REFUSED_AFTER && navigator.onLine && (await this.reachable()) && !this.ready) this.tell("refused");
  }

  /** Connect now instead of at the end of a pause. */
  hurry() {
    if (!this.socket.connected) this.again();
  }

  /** Hang up and dial again, also to become somebody else. */
  again() {
    this.socket.disconnect();
    this.tell("connecting");
    this.socket.connect();
  }

  /** Send without waiting; nothing happens while the line is down. */
  say(event, body) {
    if (this.ready) this.socket.emit(event, body);
  }

  /** The server's answer, or a Refusal. */
  async ask(event, body, greeting = false) {
    if (!this.socket.connected || !(this.ready || greeting)) throw new Refusal({ code: "no_answer" });
    const answer = await this.socket.timeout(ANSWER_WITHIN_MS).emitWithAck(event, body).catch(() => ({ error: { code: "no_answer" } }));
    if (!answer?.ok) throw new Refusal({ code: "internal", ...answer?.error });
    return answer;
  }
}
