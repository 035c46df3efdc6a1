/** What stands in the window before anything was said: one sentence, four large choices, a way back into a conversation. */

import { h, icon } from "./dom.js";

const CHOICES = [["list", "materials", "/materials"], ["place", "station", "/station_nearest"], ["status", "status", "/application_status"],
  ["person", "person", "/handoff"]];

/** The start view; a choice is sent like a quick reply. */
export function start(widget) {
  const { t } = widget.texts;
  const choices = CHOICES.map(([drawing, name, payload]) =>
    h("button", { type: "button", class: "topic", onclick: (event) => widget.choose(payload, t(`start.${name}`), event) },
      icon(drawing), h("span", { class: "words" }, h("strong", {}, t(`start.${name}`)), h("span", { class: "muted" }, t(`start.${name}_line`)))));
  return h(
    "section", { class: "start", "aria-labelledby": "greeting" },
    widget.renewed ? h("p", { class: "muted" }, t("list.expired")) : null,
    h("p", { class: "greeting", id: "greeting" }, t("start.greeting")),
    h("div", { class: "topics" }, ...choices),
    h("button", { type: "button", class: "text", onclick: () => widget.sheets.show("continue") }, t("start.continue")),
  );
}

/** Stands where the conversation will be, while it is on its way. */
export function loading(widget) {
  const lines = ["short", "long", "own", "long"].map((name) => h("span", { class: `bar ${name}`, "aria-hidden": "true" }));
  return h("div", { class: "loading", role: "status" }, h("p", { class: "muted" }, widget.texts.t("list.loading")), ...lines);
}
