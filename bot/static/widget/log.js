/** The list of messages: what is new is added in place, so that nothing that is being read or written in is disturbed. */

import { bubble, isNote, speaker } from "./bubble.js";
import { day, dayKey } from "./dates.js";
import { h, icon } from "./dom.js";
import { helped } from "./helped.js";
import { quick } from "./quick.js";
import { loading, start } from "./start.js";

const NEAR_END = 80;
const ABOVE = 12;
const SLOW_AFTER_MS = 8000;

export class Log {
  constructor(widget) {
    this.widget = widget;
    this.list = h("ol", { class: "messages" });
    this.top = h("div", { class: "top" });
    this.scroller = h("div", { class: "log", role: "log", "aria-live": "off", tabindex: "0" }, this.top, this.list);
    this.down = h("button", { type: "button", class: "down", hidden: true, onclick: () => this.toEnd(true) });
    this.element = h("div", { class: "log-place" }, this.scroller, this.down);
    this.nodes = new Map();
    this.behind = 0;
    for (const place of [this.scroller, widget.frame.element]) place.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.stick && this.toEnd()).observe(this.scroller);
    this.stick = true;
  }

  /** What scrolls. */
  get view() {
    return this.widget.frame.scrolls ? this.widget.frame.element : this.scroller;
  }

  get atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.view;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  scrolled() {
    if (this.view.scrollTop !== this.held) this.held = null;
    // Who reads further up stays there, whatever comes.
    if (this.atEnd) this.caughtUp();
    else this.stick = false;
  }

  /** What is to be seen, in order: a key, what it depends on, and how it is made. */
  *items() {
    const { widget } = this;
    const { conversation, texts } = widget;
    const { t, language } = texts;
    const messages = conversation.record.list();
    const pending = conversation.outbox.entries;
    const lastOwn = messages.findLastIndex(({ metadata }) => metadata.author === "applicant");
    let lastDay = null;
    let before = null;
    if (widget.renewed && messages.length + pending.length) yield ["expired", [language], () => h("li", { class: "divider" }, h("span", {}, t("list.expired")))];
    for (const [number, message] of messages.entries()) {
      const { metadata } = message;
      const date = new Date(metadata.created_at);
      if (dayKey(date) !== lastDay) {
        lastDay = dayKey(date);
        before = null;
        yield [`day:${lastDay}`, [language, dayKey(conversation.now())], () => this.dayLine(date)];
      }
      if (number && messages[number - 1].metadata.conversation.id !== metadata.conversation.id) {
        before = null;
        yield [`new:${metadata.conversation.id}`, [language], () => h("li", { class: "divider" }, h("span", {}, t("list.new_conversation")))];
      }
      const who = isNote(message) ? null : speaker(metadata, t);
      const first = who !== before;
      before = who;
      const cards = metadata.card ? widget.cards(metadata.language) : null;
      yield [metadata.client_id ?? metadata.id, [language, first, Boolean(cards), message.text], () => this.kept(bubble(message, { widget, first, cards }), message)];
      const newest = number > lastOwn && !pending.length;
      const answers = metadata.author === "bot" && (metadata.sources?.length || ["checklist", "station", "status"].includes(metadata.card?.type));
      if ((answers && newest) || metadata.id in conversation.about.feedback) yield [`helped:${metadata.id}`, [language], () => helped(metadata.id, widget)];
      if (number === lastOwn && number >= messages.length - 1 && !pending.length) {
        yield ["sent", [language], () => h("li", { class: "sending" }, t("list.sent"))];
      }
    }
    for (const entry of pending) {
      const metadata = { id: entry.id, author: "applicant", created_at: new Date(entry.at).toISOString(), language: entry.interface };
      const who = speaker(metadata, t);
      const first = who !== before;
      before = who;
      yield [entry.id, [language, first, false, entry.title], () => bubble({ text: entry.title, metadata }, { widget, first })];
    }
    if (pending.length) {
      for (const entry of pending.filter(({ error }) => error)) yield [`failed:${entry.id}`, [language, entry.error], () => this.failure(entry)];
      const waits = pending.some(({ error }) => !error);
      const key = conversation.paused ? "list.paused" : conversation.status === "ready" ? "list.sending" : "list.waiting";
      const seconds = conversation.paused ? Math.max(1, Math.ceil((conversation.paused - Date.now()) / 1000)) : 0;
      if (waits) yield ["sending", [language, key, seconds], () => h("li", { class: "sending" }, t(key, { seconds }))];
    }
    // What was offered before an officer or the service said something else is no choice any more.
    const replies = pending.length ? null
      : messages.slice(lastOwn + 1).findLast(({ quick_replies: offered, metadata }) => offered?.length || metadata.author !== "bot");
    const answered = ["BOT", "QUEUED"].includes(conversation.about.state);
    // Whoever has the conversation, what is told of changes can be stopped.
    const offered = (replies?.quick_replies ?? []).filter(({ payload }) => answered || payload.startsWith("news:"));
    if (offered.length) yield [`quick:${replies.metadata.id}`, [language, answered], () => quick(offered, widget)];
    const { writing } = conversation;
    if (writing) yield ["typing", [language, writing, this.slow], () => this.typing(writing)];
    if (conversation.about.state === "CLOSED" && messages.length && !pending.length) yield* this.closing(messages);
  }

  *closing(messages) {
    const { widget } = this;
    const { language } = widget.texts;
    const id = messages.at(-1).metadata.conversation.id;
    const offered = messages.some(({ metadata }) => metadata.conversation.id === id && metadata.card?.type === "rating");
    const key = `rating:${id}`;
    const cards = widget.conversation.about.ratable || this.nodes.has(key) ? widget.cards(language) : null;
    if (cards && !offered) {
      const message = { text: "", quick_replies: [], metadata: { id: key, author: "system", language, card: { type: "rating", scale: 5 } } };
      yield [key, [language], () => h("li", { class: "message system with-card" }, cards.render(message.metadata.card, widget.cardContext(message)))];
    }
    yield ["closed", [language], () => h("li", { class: "divider closed" }, h("span", {}, widget.texts.t("list.closed")))];
  }

  /** Put on the page what is to be seen now. */
  update() {
    const { widget } = this;
    const { conversation, texts } = widget;
    this.scroller.setAttribute("aria-label", texts.t("list.label"));
    const wasAtEnd = this.atEnd || this.stick;
    this.slowly(conversation.writing);
    clearTimeout(this.countdown);
    if (conversation.paused) this.countdown = setTimeout(() => this.update(), 1000);
    const seen = new Set();
    const begun = this.nodes.size;
    // In another language everything is made anew, and nothing of it is new.
    if (texts.language !== this.language) this.leading = null;
    this.language = texts.language;
    let at = this.list.firstElementChild;
    let first = null;
    for (const [key, parts, make] of this.items()) {
      seen.add(key);
      const signature = JSON.stringify(parts);
      let kept = this.nodes.get(key);
      if (!kept || kept.signature !== signature) {
        const node = make();
        // A message that grows, because its card has come, is still the one to be read from its beginning.
        if (kept && key === this.leading) first = node;
        if (kept) {
          const focused = kept.node.contains(widget.root.activeElement);
          if (at === kept.node) at = node;
          kept.node.replaceWith(node);
          if (focused) this.scroller.focus({ preventScroll: true });
        } else if (begun && !first && node.matches(".message:not(.applicant)")) {
          first = node;
          this.leading = key;
        }
        kept = { node, signature };
        this.nodes.set(key, kept);
      }
      if (kept.node === at) at = at.nextElementSibling;
      else this.list.insertBefore(kept.node, at);
    }
    for (const [key, { node }] of this.nodes) {
      if (seen.has(key)) continue;
      if (node.contains(widget.root.activeElement)) this.refocus();
      node.remove();
      this.nodes.delete(key);
    }
    this.beginning(seen.size === 0);
    if (wasAtEnd || (first && this.held)) this.follow(first);
    else if (first) this.more();
  }

  /** The start view, or the sign that a conversation is on its way. */
  beginning(empty) {
    const { conversation, texts } = this.widget;
    const kind = !empty ? "none" : conversation.token && !conversation.greeted && conversation.status === "connecting" ? "loading" : "start";
    const key = `${kind} ${texts.language} ${this.widget.renewed}`;
    if (key === this.begun) return;
    this.begun = key;
    const focused = this.top.contains(this.widget.root.activeElement);
    this.top.replaceChildren(...(kind === "none" ? [] : [kind === "loading" ? loading(this.widget) : start(this.widget)]));
    if (focused) this.refocus();
  }

  refocus() {
    this.widget.focusBox();
  }

  kept(node, message) {
    if (message.metadata.card?.type !== "handoff") return node;
    this.handoff = node.querySelector(".card-place");
    // The card says how things stood when it was sent; shown again later, it must say how they stand now.
    const { about } = this.widget.conversation;
    if (about.state !== "QUEUED" || about.position) this.handoff?.update?.(about);
    return node;
  }

  dayLine(date) {
    const { texts, conversation } = this.widget;
    const ago = Math.round((Date.parse(dayKey(conversation.now())) - Date.parse(dayKey(date))) / 86400000);
    const words = ago === 0 ? texts.t("list.today") : ago === 1 ? texts.t("list.yesterday") : day(date, texts.language);
    return h("li", { class: "divider" }, h("span", {}, words));
  }

  failure(entry) {
    const { widget } = this;
    const { t } = widget.texts;
    const retry = () => widget.conversation.retry(entry);
    const edit = () => {
      widget.conversation.takeBack(entry);
      widget.composer.put(entry.message);
      widget.composer.box.focus();
    };
    const words = entry.error.message ? t("list.failed_because", { reason: entry.error.message }) : t("list.failed");
    return h("li", { class: "sending failed" }, h("span", {}, icon("alert"), " ", words),
      h("span", {}, h("button", { type: "button", class: "text", onclick: retry }, t("again")), h("button", { type: "button", class: "text", onclick: edit }, t("list.edit"))));
  }

  typing(writing) {
    const { t } = this.widget.texts;
    const words = writing.author === "staff" ? t("list.officer_writes", { name: writing.name || t("head.officer") })
      : t(this.slow ? "list.slow" : "list.assistant_writes");
    const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    return h("li", { class: "typing" }, dots, h("span", { class: "muted" }, h("bdi", {}, words)));
  }

  slowly(writing) {
    if (writing?.author !== "bot") {
      clearTimeout(this.slowTimer);
      this.slowTimer = null;
      this.slow = false;
    } else if (!this.slowTimer) {
      this.slowTimer = setTimeout(() => {
        this.slow = true;
        this.update();
      }, SLOW_AFTER_MS);
    }
  }

  /** Follow the conversation: the beginning of what is new is what is read first. */
  follow(first) {
    const { view } = this;
    const above = first ? first.getBoundingClientRect().top - view.getBoundingClientRect().top - ABOVE : Infinity;
    if (view.scrollTop + above < view.scrollHeight - view.clientHeight) {
      view.scrollTop += above;
      this.stick = false;
      this.held = view.scrollTop;
    } else this.toEnd();
  }

  more() {
    this.behind += 1;
    this.down.hidden = false;
    this.down.replaceChildren(icon("down"), this.widget.texts.count("list.unread", this.behind));
  }

  toEnd(focus = false) {
    // The start view is read from its beginning.
    this.view.scrollTop = this.nodes.size ? this.view.scrollHeight : 0;
    this.stick = true;
    this.caughtUp();
    if (focus) this.scroller.focus({ preventScroll: true });
  }

  caughtUp() {
    this.behind = 0;
    this.down.hidden = true;
    this.stick = this.atEnd;
    this.widget.markRead();
  }

  /** Move the keyboard to the quick replies, if there are any. */
  focusChoices(event) {
    const reply = this.list.querySelector(".reply[tabindex='0']");
    if (!reply) return;
    event.preventDefault();
    reply.focus();
  }
}
