/** The box to write in: grows to five lines, Enter sends, Shift+Enter breaks, counts from 1,500, a person always beside it. */

import { h, icon } from "./dom.js";

export const LIMIT = 2000;
const COUNT_FROM = 1500;
const STOPPED_MS = 5000;

export class Composer {
  constructor(widget) {
    this.widget = widget;
    this.box = h("textarea", { id: "box", rows: "1", "aria-describedby": "hint count", autocomplete: "off", dir: "auto",
      enterkeyhint: "send", oninput: () => this.typed(), onkeydown: (event) => this.key(event) });
    this.label = h("label", { for: "box", class: "sr" });
    this.hint = h("span", { id: "hint", class: "sr" });
    this.count = h("span", { id: "count", class: "counter" });
    this.button = h("button", { type: "submit", class: "send" }, icon("send"));
    this.person = h("button", { type: "button", class: "text person",
      onclick: (event) => widget.choose("/handoff", widget.texts.t("composer.person"), event) });
    this.state = h("span", { class: "muted with" });
    this.element = h(
      "form", { class: "composer", onsubmit: (event) => this.submit(event) },
      this.label, h("div", { class: "box" }, this.box, this.button), this.hint,
      h("div", { class: "under" }, this.person, this.state, this.count),
    );
    // What has the keyboard must not lie under the box where the window scrolls as a whole.
    new ResizeObserver(() => widget.frame.element.style.setProperty("--box", `${this.element.offsetHeight}px`)).observe(this.element);
    // The counter counts characters as the server does, not code units.
    this.length = 0;
  }

  update() {
    const { texts, conversation } = this.widget;
    const { t } = texts;
    const { state } = conversation.about;
    this.label.textContent = t("composer.label");
    this.box.placeholder = t({ WITH_STAFF: "composer.to_officer", CLOSED: "composer.again" }[state] ?? "composer.placeholder");
    this.hint.textContent = t("composer.hint");
    this.button.setAttribute("aria-label", t("composer.send"));
    this.button.title = t("composer.send");
    const person = state === "BOT" || state === "CLOSED";
    this.person.hidden = !person;
    this.person.replaceChildren(icon("person"), t("composer.person"));
    this.state.hidden = person;
    this.state.replaceChildren(icon("person"), t(state === "QUEUED" ? "composer.queued" : "composer.with_officer"));
    this.counted();
  }

  counted() {
    const { texts, announcer } = this.widget;
    const before = this.length;
    this.length = [...this.box.value.trim()].length;
    const shown = this.length >= COUNT_FROM;
    const over = this.length - LIMIT;
    const number = new Intl.NumberFormat("en").format(this.length);
    const words = over > 0 ? texts.t("composer.over", { count: number, over }) : texts.t("composer.count", { count: number });
    this.count.textContent = shown ? words : "";
    this.count.classList.toggle("excess", over > 0);
    this.box.setAttribute("aria-invalid", String(over > 0));
    const crossed = (mark) => before < mark && this.length >= mark;
    if (crossed(COUNT_FROM) || crossed(LIMIT - 100) || crossed(LIMIT + 1)) announcer.say(words);
  }

  typed() {
    this.grow();
    this.counted();
    this.widget.conversation.tellTyping(Boolean(this.box.value));
    clearTimeout(this.stopped);
    this.stopped = setTimeout(() => this.widget.conversation.tellTyping(false), STOPPED_MS);
  }

  grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  key(event) {
    // While Chinese is being composed, Enter belongs to the input method.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey) this.submit(event);
    else if (event.key === "ArrowUp" && !this.box.value) this.widget.log.focusChoices(event);
  }

  submit(event) {
    event.preventDefault();
    const text = this.box.value.trim();
    this.box.focus();
    if (!text) return;
    if (this.length > LIMIT) {
      this.widget.announcer.say(this.count.textContent, true);
      return;
    }
    clearTimeout(this.stopped);
    this.widget.conversation.tellTyping(false);
    this.widget.send(text);
    this.put("");
  }

  /** Put a text into the box, to be changed and sent again. */
  put(text) {
    this.box.value = text;
    this.grow();
    this.counted();
  }
}
