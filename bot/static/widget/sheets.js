/** What is laid over the conversation on request: other device, own data, end. Back and Escape lead where one came from. */

import { day, dayKey, time } from "./dates.js";
import { h, icon } from "./dom.js";
import { save } from "./transcript.js";

export class Sheets {
  constructor(widget) {
    this.widget = widget;
    this.name = null;
    this.element = h("section", { class: "sheet", "aria-labelledby": "sheet-title", hidden: true });
  }

  get isOpen() {
    return this.name !== null;
  }

  show(name) {
    this.name = name;
    this.code = null;
    this.draw();
    this.widget.updateNow();
    this.element.querySelector("h3").focus();
  }

  close(focus = true) {
    if (!this.isOpen) return;
    this.name = null;
    this.element.replaceChildren();
    this.widget.updateNow();
    if (focus) this.widget.head.menu.button.focus();
  }

  draw() {
    const { t } = this.widget.texts;
    const back = h("button", { type: "button", class: "plain square", "aria-label": t("sheet.back"), title: t("sheet.back"), onclick: () => this.close() }, icon("back"));
    this.problem = h("p", { class: "problem", role: "alert" });
    const body = { continue: () => this.continue(t), data: () => this.data(t), end: () => this.end(t) }[this.name]();
    this.element.replaceChildren(
      h("div", { class: "sheet-head" }, back, h("h3", { id: "sheet-title", tabindex: "-1" }, t(`${this.name}.title`))), ...body, this.problem,
    );
  }

  /** Have `work` done by the server; what goes wrong is said here. */
  async attempt(work) {
    this.problem.textContent = "";
    try {
      await work();
    } catch (error) {
      this.problem.textContent = error.code === "no_answer" ? this.widget.texts.t("sheet.no_answer") : error.message;
    }
  }

  continue(t) {
    const { widget } = this;
    const begun = widget.conversation.record.conversations.length > 0;
    const shown = h("div", { class: "code-place", role: "status" });
    const make = () => this.attempt(async () => {
      const { code, expires_at: until } = await widget.conversation.line.ask("return_code", {});
      const date = new Date(until);
      shown.replaceChildren(
        // Two halves are easier to carry over than one long word; copied, it is one.
        h("p", { class: "code", dir: "ltr" }, ...code.match(/.{1,5}/g).map((part) => h("span", {}, part))),
        h("p", { class: "muted" }, t("continue.until", { day: day(date, widget.texts.language), time: time(date) })),
      );
    });
    const field = h("input", { id: "code", type: "text", autocomplete: "one-time-code", autocapitalize: "characters", spellcheck: "false",
      maxlength: "40", required: true, dir: "ltr" });
    const form = h("form", { class: "enter" },
      h("label", { for: "code" }, t("continue.label")),
      h("div", { class: "abreast" }, field, h("button", { type: "submit", class: "solid" }, t("continue.use"))));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.attempt(async () => {
        await widget.conversation.redeem(field.value.trim());
        this.close(false);
        widget.focusBox();
      });
    });
    const give = [h("p", {}, t("continue.give")), h("p", {}, h("button", { type: "button", class: "solid", onclick: make }, t("continue.make"))), shown, h("hr")];
    return [...(begun ? give : []), h("p", {}, t(begun ? "continue.take_over" : "continue.take")), form];
  }

  data(t) {
    const { widget } = this;
    const forget = () => {
      widget.forgetDevice();
      this.close(false);
      widget.focusBox();
      widget.announcer.say(t("data.forgotten"));
    };
    const place = h("div", { class: "mine" });
    this.attempt(async () => {
      const { mine } = await import(`${widget.base}widget/mine.js`).catch(() => Promise.reject({ code: "no_answer" }));
      await mine(place, this, { h, save, dayKey });
    });
    return [
      place, h("hr"), h("p", {}, t("data.device")), h("p", {}, t("data.others")),
      h("p", {}, h("button", { type: "button", class: "outlined", onclick: forget }, t("data.forget"))), h("p", { class: "muted" }, t("data.forget_means")),
    ];
  }

  end(t) {
    const { widget } = this;
    const end = () => this.attempt(async () => {
      await widget.conversation.end();
      this.close(false);
      widget.focusBox();
      widget.announcer.say(t("list.closed"));
    });
    return [
      h("p", {}, t("end.means")),
      h("div", { class: "abreast" }, h("button", { type: "button", class: "solid", onclick: end }, t("end.yes")),
        h("button", { type: "button", class: "outlined", onclick: () => this.close() }, t("end.no"))),
    ];
  }

  update() {
    this.element.hidden = !this.isOpen;
    if (this.isOpen && this.language !== this.widget.texts.language) this.draw();
    this.language = this.widget.texts.language;
  }
}
