/** The head of the window: its name, who is speaking now, the language switch, the menu and the way out. */

import { h, icon } from "./dom.js";
import { Menu } from "./menu.js";

export class Head {
  constructor(widget) {
    this.widget = widget;
    this.title = h("h2", { id: "title", tabindex: "-1" });
    this.speaker = h("p", { class: "speaker" });
    this.language = h("button", { type: "button", class: "plain", onclick: () => widget.switchLanguage() });
    this.closing = h("button", { type: "button", class: "plain square", onclick: () => widget.close() }, icon("close"));
    this.menu = new Menu(widget);
    this.element = h(
      "div", { class: "head" },
      h("div", { class: "who" }, this.title, this.speaker), h("div", { class: "tools" }, this.language, this.menu.element, this.closing),
    );
  }

  update() {
    const { texts, conversation } = this.widget;
    const { t } = texts;
    this.title.textContent = t("head.title");
    const other = texts.language === "zh" ? "en" : "zh";
    this.language.textContent = t("head.other_language");
    this.language.lang = other === "zh" ? "zh-CN" : "en";
    this.language.title = t("head.switch_language");
    for (const [button, key] of [[this.closing, "head.close"]]) {
      button.setAttribute("aria-label", t(key));
      button.title = t(key);
    }
    const { kind, words, station } = speaking(conversation, t);
    this.speaker.className = `speaker is-${kind}`;
    this.speaker.title = station ? t("head.officer_of", { name: words, station }) : words;
    const name = h("bdi", {}, words);
    this.speaker.replaceChildren(h("span", { class: "lamp", "aria-hidden": "true" }), h("span", { class: "words" }, name, station ? ` · ${station}` : null));
    this.menu.update();
  }
}

/** Who has the conversation now, in words. */
export function speaking({ about, status, record }, t) {
  const { state, owner, position } = about;
  if (status === "connecting") return { kind: "waiting", words: t("head.connecting") };
  if (status !== "ready") return { kind: "away", words: t("head.offline") };
  if (state === "WITH_STAFF") return { kind: "person", words: owner?.name ?? t("head.officer"), station: owner?.station };
  if (state === "QUEUED") return { kind: "waiting", words: position ? t("head.queued_at", { position }) : t("head.queued") };
  if (state === "CLOSED" && record.conversations.length) return { kind: "away", words: t("head.closed") };
  return { kind: "bot", words: t("head.assistant") };
}
