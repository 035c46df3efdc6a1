/** The menu: text size, sound, window size, transcript, other device, own data, end of the conversation. */

import { h, icon } from "./dom.js";

export const SIZES = ["normal", "large", "largest"];

export class Menu {
  constructor(widget) {
    this.widget = widget;
    this.button = h("button", { type: "button", class: "plain square", "aria-expanded": "false", "aria-controls": "menu",
      onclick: () => this.toggle() }, icon("menu"));
    this.list = h("div", { class: "menu", id: "menu", hidden: true, role: "group" });
    this.element = h("div", { class: "menu-place" }, this.button, this.list);
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.close(false);
    });
    widget.root.addEventListener("pointerdown", (event) => {
      if (!event.composedPath().includes(this.element)) this.close(false);
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else {
      this.list.hidden = false;
      this.button.setAttribute("aria-expanded", "true");
      this.update();
      this.list.querySelector("button")?.focus();
    }
  }

  close(focus = true) {
    if (!this.isOpen) return;
    this.list.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (focus) this.button.focus();
  }

  key(event) {
    if (!this.isOpen) return;
    const buttons = [...this.list.querySelectorAll("button, select")];
    const at = buttons.indexOf(event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === "Escape") {
      this.close();
      event.stopPropagation();
      event.preventDefault();
    } else if (to !== undefined) {
      buttons[(to + buttons.length) % buttons.length].focus();
      event.preventDefault();
    }
  }

  /** Every language of the window by its own name. */
  tongues() {
    const { widget } = this;
    const own = (tag) => new Intl.DisplayNames([tag], { type: "language" }).of(tag.replace("TW", "Hant"));
    return h("select", { "data-name": "language", onchange: ({ target }) => widget.switchLanguage(target.value) },
      ...widget.host.tongues.map((tag) => h("option", { value: tag, lang: tag, selected: tag === widget.texts.language }, own(tag))));
  }

  update() {
    const { widget } = this;
    const { t } = widget.texts;
    this.button.setAttribute("aria-label", t("head.menu"));
    this.button.title = t("head.menu");
    this.list.setAttribute("aria-label", t("head.menu"));
    if (!this.isOpen) return;
    const focused = this.list.querySelector(":focus")?.dataset.name;
    const begun = widget.conversation.record.conversations.length > 0;
    const item = (name, label, act, attributes = {}) =>
      h("button", { type: "button", class: "item", "data-name": name, onclick: act, ...attributes }, label);
    const leave = (act) => () => {
      this.close();
      act();
    };
    const sizes = SIZES.map((size) =>
      item(size, h("span", { class: `letter ${size}`, "aria-hidden": "true" }, t("menu.size_letter")), () => widget.set({ size }),
        { class: "size", "aria-label": t(`menu.size_${size}`), title: t(`menu.size_${size}`), "aria-pressed": String(widget.settings.size === size) }));
    const flag = (name, on, act) =>
      item(name, [h("span", {}, t(`menu.${name}`)), h("span", { class: "flag" }, t(on ? "menu.on" : "menu.off"))], act,
        { role: "switch", "aria-checked": String(on) });
    this.list.replaceChildren(
      h("div", { class: "sizes", role: "group", "aria-label": t("menu.size") }, h("span", { class: "muted", "aria-hidden": "true" }, t("menu.size")), ...sizes),
      h("label", { class: "item tongue" }, h("span", {}, t("menu.language")), this.tongues()),
      flag("sound", widget.settings.sound, () => widget.set({ sound: !widget.settings.sound })),
      ...(widget.frame.full ? [] : [flag("wide", widget.frame.wide, () => widget.frame.toggleWide())]),
      h("hr"),
      ...(begun ? [item("transcript", t("menu.transcript"), leave(() => widget.saveTranscript()))] : []),
      item("continue", t("menu.continue"), leave(() => widget.sheets.show("continue"))),
      item("data", t("menu.data"), leave(() => widget.sheets.show("data"))),
      ...(begun && widget.conversation.about.state !== "CLOSED"
        ? [h("hr"), item("end", t("menu.end"), leave(() => widget.sheets.show("end")))] : []),
    );
    if (focused) this.list.querySelector(`[data-name="${focused}"]`)?.focus();
  }
}
