/** The one line under the head, there only when something must be known: no connection, demonstration, outside hours, bot switched off. */

import { h, icon } from "./dom.js";
import { link } from "./markdown.js";

const TROUBLES = ["offline", "refused"];

export class Notice {
  constructor(widget) {
    this.widget = widget;
    this.element = h("div", { class: "banner", role: "note", hidden: true });
  }

  /** The notice that matters most now: its name and what it is filled with. */
  get now() {
    const { about, status, greeted } = this.widget.conversation;
    if (status === "refused") return ["refused", {}];
    if (status === "offline") return ["offline", {}];
    if (about.assistant_on === false) return ["switched_off", {}];
    if (about.demo) return ["demo", {}];
    if (greeted && about.within_hours === false && about.state !== "WITH_STAFF") return [about.hours ? "closed_hours" : "closed", { hours: about.hours }];
    return null;
  }

  update() {
    const { widget } = this;
    const { t } = widget.texts;
    const now = this.now;
    const key = JSON.stringify([now, widget.texts.language, widget.phone]);
    if (key === this.key) return;
    const before = this.name;
    this.key = key;
    this.name = now?.[0];
    this.element.hidden = !now;
    if (TROUBLES.includes(before) && !TROUBLES.includes(this.name) && widget.isOpen) widget.announcer.say(t("notice.back"));
    if (!now) return;
    const [name, params] = now;
    const trouble = TROUBLES.includes(name);
    this.element.className = `banner ${name}`;
    const words = h("p", {}, t(`notice.${name}`, params));
    if (name === "refused" && widget.phone) words.append(" ", link(document, `tel:${widget.phone}`, widget.phone));
    const again = h("button", { type: "button", class: "text", onclick: () => widget.conversation.line.again() }, t("again"));
    this.element.replaceChildren(icon(trouble ? "alert" : "info"), words, ...(trouble ? [again] : []));
    if (name !== before && trouble && widget.isOpen) widget.announcer.say(t(`notice.${name}`, params), true);
  }
}
