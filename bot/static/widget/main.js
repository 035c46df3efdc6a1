/** Puts the parts of the window together and keeps them up to date; fetched after the first click. */

import { Announcer } from "./announcer.js";
import { speaker, textOf } from "./bubble.js";
import * as cards from "./cards/index.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { dayKey } from "./dates.js";
import { h } from "./dom.js";
import { Frame } from "./frame.js";
import { Head } from "./head.js";
import { Log } from "./log.js";
import { spoken } from "./markdown.js";
import { Notice } from "./notice.js";
import { Sheets } from "./sheets.js";
import { chime } from "./sound.js";
import { Storage } from "./storage.js";
import { Texts } from "./texts.js";
import { save, transcript } from "./transcript.js";

const READ_ALOUD_AT_MOST = 3;
const LEAVE_A_MESSAGE = "desk:message";

/** Build the window of `host`; what comes back opens and closes it. */
export async function start(host, base) {
  const texts = new Texts(base, host.language);
  const [sheet] = await Promise.all([styles(`${base}widget/window.css`), texts.speak(host.language)]);
  host.shadowRoot.adoptedStyleSheets.push(sheet);
  return new Widget(host, base, texts);
}

async function styles(address) {
  const response = await fetch(address, { credentials: "omit" });
  if (!response.ok) throw new Error(`styles: ${response.status}`);
  return new CSSStyleSheet().replace(await response.text());
}

class Widget {
  constructor(host, base, texts) {
    this.host = host;
    this.base = base;
    this.root = host.shadowRoot;
    this.texts = texts;
    this.storage = new Storage();
    this.renewed = false;
    this.settings = { size: "normal", sound: false, ...this.storage.read("settings") };
    this.conversation = new Conversation({ base, storage: this.storage, language: () => texts.language, reachable: () => texts.reachable() });
    if (this.settings.language) this.conversation.chosen = this.settings.language;
    this.announcer = new Announcer();
    this.frame = new Frame(this);
    this.head = new Head(this);
    this.notice = new Notice(this);
    this.log = new Log(this);
    this.composer = new Composer(this);
    this.sheets = new Sheets(this);
    this.frame.element.append(this.head.element, this.notice.element, this.log.element, this.sheets.element, this.composer.element, this.frame.grip);
    this.shell = h("div", { class: "shell" }, this.frame.element, this.announcer.element);
    this.root.append(this.shell);
    this.dark = window.matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.dress());
    new MutationObserver(() => this.dress()).observe(host, { attributeFilter: ["theme"] });
    this.dress();
    this.conversation.listen((what, detail) => this.hear(what, detail));
    host.addEventListener("speak", (event) => this.speak(event.detail));
    document.addEventListener("visibilitychange", () => this.markRead());
    this.update();
    this.conversation.start();
    if (this.storage.open && !this.frame.full) this.open(false);
  }

  get isOpen() {
    return this.frame.isOpen;
  }

  get phone() {
    return this.conversation.about.hotline ?? this.host.hotline;
  }

  open(focus = true) {
    if (!this.isOpen) {
      this.frame.open();
      this.host.button.hidden = true;
      this.host.button.setAttribute("aria-expanded", "true");
      this.storage.open = true;
      this.update();
      if (this.conversation.record.conversations.length) this.log.toEnd();
      this.markRead();
    }
    if (focus) this.focusBox(true);
  }

  close() {
    if (!this.isOpen) return;
    this.head.menu.close(false);
    this.sheets.close(false);
    this.frame.close();
    this.host.button.hidden = false;
    this.host.button.setAttribute("aria-expanded", "false");
    this.host.button.focus();
    this.storage.open = false;
    this.host.removeAttribute("open");
  }

  /** Escape leaves the innermost thing first. */
  escape() {
    if (this.head.menu.isOpen) this.head.menu.close();
    else if (this.sheets.isOpen) this.sheets.close();
    else this.close();
  }

  /** The keyboard goes to the box; on touch screens to the title, because the box would call the phone keyboard up. */
  focusBox(opening = false) {
    if (!this.isOpen) return;
    const touch = window.matchMedia("(pointer: coarse)").matches;
    if (!touch) this.composer.box.focus({ preventScroll: true });
    else (opening ? this.head.title : this.log.scroller).focus({ preventScroll: true });
  }

  send(text, title) {
    this.conversation.send(text, title);
    this.log.toEnd();
  }

  /** Take a choice; the button that was used goes away, so the keyboard is led on. */
  choose(payload, title, event) {
    // The card above has a form for it: one step instead of three.
    if (payload === LEAVE_A_MESSAGE && this.log.handoff?.openForm?.()) return;
    this.send(payload, title);
    if (event) this.focusBox();
  }

  set(settings) {
    Object.assign(this.settings, settings);
    this.storage.write("settings", this.settings);
    if (settings.sound) chime();
    this.dress();
    this.composer.grow();
    this.update();
  }

  dress() {
    const theme = this.host.getAttribute("theme");
    const dark = theme === "dark" || (theme !== "light" && this.dark.matches);
    this.shell.className = `shell ${this.settings.size} ${dark ? "dark" : "light"}`;
    this.shell.lang = this.texts.tag;
    this.shell.dir = this.texts.language === "ar" ? "rtl" : "ltr";
  }

  async switchLanguage(language = this.texts.language === "zh" ? "en" : "zh") {
    this.conversation.choose(language);
    this.settings.language = language;
    await this.host.speak(language);
    this.storage.write("settings", this.settings);
  }

  async speak(language) {
    try {
      await this.texts.speak(language);
    } catch {
      return;
    }
    this.dress();
    this.update();
    this.log.stick && this.log.toEnd();
  }

  hear(what, detail) {
    if (what === "messages") this.arrived(detail);
    if (what === "renewed") {
      this.renewed = detail === "renewed";
      this.storage.remove("seen");
    }
    if (what === "erased") {
      this.forgetDevice();
      this.announcer.say(this.texts.t("data.forgotten"));
    }
    if (what === "outbox" && detail?.error && this.isOpen) this.announcer.say(this.texts.t("list.failed"), true);
    if (what === "about") this.log.handoff?.update?.(this.conversation.about);
    this.update();
  }

  arrived({ fresh, how }) {
    const heard = fresh.filter(({ metadata }) => metadata.author !== "applicant");
    if (how === "history" || !heard.length) return;
    const { t } = this.texts;
    const read = heard.length <= READ_ALOUD_AT_MOST && this.isOpen;
    if (read) for (const message of heard) this.announcer.say(t("list.says", { name: speaker(message.metadata, t), text: spoken(textOf(message)) }));
    else this.announcer.say(this.texts.count("list.unread", heard.length));
    if (this.settings.sound) chime();
  }

  update() {
    if (this.planned) return;
    this.planned = true;
    queueMicrotask(() => this.planned && this.updateNow());
  }

  updateNow() {
    this.planned = false;
    this.log.element.hidden = this.composer.element.hidden = this.sheets.isOpen;
    for (const part of [this.frame, this.head, this.notice, this.sheets, this.log, this.composer]) part.update();
    this.markRead();
  }

  /** What the applicant sees counts as read; the launcher says how much does not. */
  markRead() {
    const messages = this.conversation.record.list();
    const heard = messages.filter(({ metadata }) => metadata.author !== "applicant");
    const seen = this.storage.read("seen");
    const looking = this.isOpen && document.visibilityState === "visible" && !this.sheets.isOpen && this.log.atEnd;
    const last = messages.at(-1)?.metadata.id;
    if (last && (looking || seen === null) && seen !== last) this.storage.write("seen", last);
    const from = messages.findIndex(({ metadata }) => metadata.id === this.storage.read("seen"));
    this.host.tell(this.isOpen ? 0 : heard.filter((message) => messages.indexOf(message) > from).length);
  }

  /** The cards, once the texts of `language` are here; the first call fetches them. */
  cards(language) {
    if (this.texts.known[language]) return cards;
    this.texts.have(language).then(() => this.update(), () => {});
    return null;
  }

  /** What a card draws with: the language of its message, whatever the window speaks, because what it says comes in that. */
  cardContext(message) {
    const { language } = message.metadata;
    return {
      t: this.texts.in(language),
      language,
      send: (payload, title) => this.choose(payload, title, null),
      emit: (event, body) => this.conversation.line.ask(event, body),
      message,
      announce: (text) => this.announcer.say(text),
      phone: this.phone,
    };
  }

  saveTranscript() {
    const { t, language } = this.texts;
    const now = this.conversation.now();
    const text = transcript(this.conversation.record.list(), { t, language, now, speaker: (metadata) => speaker(metadata, t) });
    save(text, `${t("transcript.file")}-${dayKey(now)}.txt`);
  }

  /** Nothing of ours stays on this device, and the next message begins a new conversation. */
  forgetDevice() {
    for (const entry of [...this.conversation.outbox.entries]) this.conversation.outbox.remove(entry.id);
    this.storage.clear();
    this.conversation.forget();
    this.conversation.line.again();
  }
}
