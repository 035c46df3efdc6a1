/** The conversation as this device knows it: joins line, record and outbox, and tells its listeners what changed. */

import { Connection, Refusal } from "./connection.js";
import { Outbox } from "./outbox.js";
import { Record } from "./record.js";

const TRIES = 4;
const STAFF_TYPES_FOR_MS = 7000;
const TELLS_TYPING_EVERY_MS = 4000;
// Refusals after which the same message may well be taken later.
const PASSING = new Set(["no_answer", "internal", "database_unavailable"]);
const NOBODY = { state: "BOT", owner: null, position: null, expected_wait_s: null };

export class Conversation {
  /** `language()` is that of the interface; `reachable()` as for the connection. */
  constructor({ base, storage, language, reachable }) {
    this.storage = storage;
    this.language = language;
    this.record = new Record();
    this.outbox = new Outbox(storage);
    this.listeners = [];
    this.status = "connecting";
    this.greeted = false;
    this.about = { ...NOBODY, ratable: false, feedback: {}, demo: false, hotline: null, hours: null, within_hours: null, assistant_on: true };
    this.owed = new Set();
    this.typing = { bot: false, staff: null };
    this.tries = new Map();
    this.token = storage.read("token");
    this.line = new Connection(base, { greet: () => this.greet(), status: (name) => this.become(name), reachable });
    this.line.on("bot_uttered", (message) => this.receive([message]));
    this.line.on("user_uttered", (message) => this.receive([message]));
    this.line.on("conversation", (body) => this.moved(body));
    this.line.on("assistant", ({ on }) => this.switched(on));
    this.line.on("erased", () => this.erasing || this.tell("erased"));
    this.line.on("typing", (body) => this.types(body));
    this.line.on("turn", ({ message_id: id }) => this.turned(id));
    storage.watch((name, value) => this.otherTab(name, value));
  }

  start() {
    this.line.start();
  }

  /** Hear `(what, detail)`: `messages`, `status`, `about`, `typing`, `outbox`, `renewed`, `erased`. */
  listen(listener) {
    this.listeners.push(listener);
  }

  tell(what, detail) {
    for (const listener of this.listeners) listener(what, detail);
  }

  become(status) {
    // While the line is tried again the applicant still has none.
    if (status === "connecting" && this.status !== "ready" && this.greeted) return;
    if (status === this.status) return;
    this.status = status;
    this.tell("status", status);
    if (status === "ready") {
      if (this.unfinished) this.catchUp();
      this.flush();
    }
  }

  async greet() {
    const shown = this.token;
    const body = { after: 0, language: this.language(), ...this.record.position };
    if (shown) body.session_id = shown;
    const answer = await this.line.ask("session_request", body, true);
    if (shown && answer.fresh && this.token === shown) this.forget("renewed");
    this.token = answer.session_id;
    if (this.storage.allowed) this.storage.write("token", this.token);
    const first = !this.greeted;
    this.greeted = true;
    this.learn(answer, first ? "history" : "caught_up");
    this.unfinished = Boolean(answer.more);
    return true;
  }

  /** Take in what the server says of everything. */
  learn(snapshot, how) {
    // It was erased while this window had no line.
    if (snapshot.conversation === null && this.record.conversations.length) this.tell("erased");
    const known = ["state", "owner", "position", "expected_wait_s", "ratable", "rated", "demo", "hotline", "hours", "within_hours", "assistant_on"];
    for (const name of known) if (name in snapshot) this.about[name] = snapshot[name];
    if (snapshot.server_time) this.ahead = Date.parse(snapshot.server_time) - Date.now();
    Object.assign(this.about.feedback, snapshot.feedback);
    this.owed.clear();
    this.typing.bot = Boolean(snapshot.answer_owed);
    this.receive(snapshot.messages ?? [], how);
    this.tell("about");
    this.tell("typing");
  }

  receive(messages, how = "live") {
    const { fresh, missing } = this.record.add(messages, how !== "live");
    for (const entry of [...this.outbox.entries]) if (this.record.knows(entry.id)) this.outbox.remove(entry.id);
    for (const { metadata } of fresh) {
      if (metadata.author === "staff") this.typing.staff = null;
      if (how === "live" && metadata.conversation.state) this.about.state = metadata.conversation.state;
    }
    this.tell("messages", { fresh, how });
    if (missing) this.catchUp();
  }

  async catchUp() {
    if (this.catching) return;
    this.catching = true;
    try {
      let answer;
      do {
        answer = await this.line.ask("sync", this.record.position);
        this.learn(answer, "caught_up");
      } while (answer.more);
    } catch {
      // The next greeting asks for the same.
    }
    this.catching = false;
  }

  moved({ conversation, ...body }) {
    Object.assign(this.about, body);
    if (body.state !== "BOT") {
      this.owed.clear();
      this.typing.bot = false;
    }
    if (body.state !== "WITH_STAFF") this.typing.staff = null;
    this.tell("about");
    this.tell("typing");
    // Whether a conversation may be rated is known to the server only.
    if (body.state === "CLOSED") this.catchUp();
  }

  switched(on) {
    this.about.assistant_on = on;
    this.tell("about");
  }

  types({ author, name, on }) {
    clearTimeout(this.stopped);
    if (author === "bot") this.typing.bot = Boolean(on);
    else {
      this.typing.staff = on ? name || this.about.owner?.name || "" : null;
      // The word that somebody stopped may be lost.
      if (on) this.stopped = setTimeout(() => this.types({ author, on: false }), STAFF_TYPES_FOR_MS);
    }
    this.tell("typing");
  }

  turned(id) {
    this.owed.delete(id);
    if (!this.owed.size) this.typing.bot = false;
    this.tell("typing");
  }

  get writing() {
    if (this.status !== "ready") return null;
    if (this.typing.staff !== null) return { author: "staff", name: this.typing.staff };
    return this.about.state === "BOT" && (this.owed.size || this.typing.bot) ? { author: "bot" } : null;
  }

  /** Send a text, or a choice whose `title` stands for it. */
  send(text, title = null) {
    this.storage.allow();
    const elsewhere = this.storage.read("token");
    if (this.isOthers(elsewhere)) {
      // Another tab began the conversation a moment ago.
      this.resume(elsewhere);
    } else if (this.token) this.storage.write("token", this.token);
    const entry = this.outbox.add({ message: text, title: title ?? text, language: this.chosen ?? null, interface: this.language() });
    this.tell("outbox", entry);
    this.flush();
    return entry;
  }

  async flush() {
    if (this.sending || this.paused) return;
    this.sending = true;
    for (let entry = this.outbox.next; entry && this.status === "ready"; entry = this.outbox.next) {
      try {
        this.acknowledged(entry, await this.line.ask("user_uttered", wire(entry, this.token)));
      } catch (error) {
        if (!(error instanceof Refusal) || !this.refused(entry, error)) break;
      }
    }
    this.sending = false;
  }

  acknowledged(entry, answer) {
    this.tries.delete(entry.id);
    const metadata = {
      id: answer.id, seq: answer.seq, author: "applicant", client_id: entry.id, created_at: answer.created_at,
      conversation: { id: answer.conversation, state: answer.state }, language: entry.interface,
    };
    if (answer.state) this.about.state = answer.state;
    if (answer.owed) this.owed.add(answer.id);
    this.outbox.remove(entry.id);
    if (!this.record.knows(entry.id)) this.receive([{ text: entry.title, quick_replies: [], metadata }]);
    this.tell("about");
    this.tell("typing");
  }

  /** Whether the next message may be sent at once. */
  refused(entry, error) {
    const tried = (this.tries.get(entry.id) ?? 0) + 1;
    this.tries.set(entry.id, tried);
    if (error.params.retry_after_s) {
      this.pause(Math.min(600, error.params.retry_after_s));
    } else if (PASSING.has(error.code) && tried < TRIES) {
      if (error.code === "no_answer" && this.status === "ready") this.line.again();
      else if (this.status === "ready") this.pause(tried * 2);
    } else {
      this.tries.delete(entry.id);
      this.outbox.refuse(entry, { code: error.code, message: error.code === "no_answer" ? null : error.message });
      this.tell("outbox", entry);
      return true;
    }
    this.tell("outbox", entry);
    return false;
  }

  pause(seconds) {
    this.paused = Date.now() + seconds * 1000;
    setTimeout(() => {
      this.paused = null;
      this.tell("outbox");
      this.flush();
    }, seconds * 1000);
  }

  retry(entry) {
    this.outbox.retry(entry);
    this.tell("outbox", entry);
    this.flush();
  }

  takeBack(entry) {
    this.outbox.remove(entry.id);
    this.tell("outbox");
  }

  /** Tell an officer that somebody is typing, at most every few seconds. */
  tellTyping(on) {
    if (this.about.state !== "WITH_STAFF" || (!on && !this.toldTyping)) return;
    if (on && Date.now() - (this.toldTyping ?? 0) < TELLS_TYPING_EVERY_MS) return;
    this.toldTyping = on ? Date.now() : null;
    this.line.say("typing", { on });
  }

  async feedback(id, helpful, comment) {
    await this.line.ask("feedback", { message_id: id, helpful, ...(comment ? { comment } : {}) });
    this.about.feedback[id] = helpful;
    this.tell("about");
  }

  /** The applicant chose a language for answers too. */
  choose(language) {
    this.chosen = language;
    if (this.record.conversations.length) this.line.ask("language", { language }).catch(() => {});
  }

  async end() {
    await this.line.ask("end", {});
    this.about.state = "CLOSED";
    this.about.owner = null;
    this.tell("about");
    this.catchUp();
  }

  /** Go on with the session of another device. */
  async redeem(code) {
    const answer = await this.line.ask("resume", { code });
    this.storage.allow();
    this.resume(answer.session_id);
  }

  resume(token) {
    this.forget();
    this.token = token;
    this.storage.write("token", token);
    this.line.again();
  }

  /** Begin as if nothing had been said; what waits to be sent stays. */
  forget(why = null) {
    this.record.clear();
    this.owed.clear();
    Object.assign(this.about, NOBODY, { ratable: false, feedback: {} });
    this.former = this.token ?? this.former;
    this.token = null;
    this.greeted = false;
    this.tell("renewed", why);
  }

  /** Whether a token is that of a conversation which another tab has begun; a tab that is late may put back the one that was left. */
  isOthers(token) {
    return Boolean(token) && token !== this.token && token !== this.former && !this.record.conversations.length;
  }

  otherTab(name, value) {
    if (name === "token" && this.isOthers(value)) {
      this.storage.allow();
      this.resume(value);
    }
    if (name === "token" && value === null && this.token && !this.erasing) {
      // What was taken off the device must not be put there again by the session that begins now.
      this.storage.clear();
      this.forget();
      this.line.again();
    }
  }

  /** The server's time. */
  now() {
    return new Date(Date.now() + (this.ahead ?? 0));
  }
}

function wire(entry, token) {
  const metadata = { message_id: entry.id, interface: entry.interface };
  if (entry.language) metadata.language = entry.language;
  return { message: entry.message, session_id: token, metadata };
}
