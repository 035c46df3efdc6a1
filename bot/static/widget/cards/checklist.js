/** The checklist card: papers grouped by who provides them, ticked off on this device, printable in both languages. */

import { sourceDate } from "../dates.js";
import { h, hidden, icon } from "../dom.js";
import { link } from "../markdown.js";
import { keepMarks, marksOf } from "./kept.js";
import { pairs, said } from "./pieces.js";

const GROUPS = [["applicant", ["applicant"]], ["employer", ["employer", "system"]], ["authority", ["authority"]]];
const FIELDS = ["condition", "provided_by_text", "form", "authentication", "translation", "validity", "details", "common_return"];

/** The items of a list by who provides them; the form of the online system comes from the employer, who fills it in. */
export function groups(items) {
  const known = GROUPS.map(([name, providers]) => [name, items.filter((item) => providers.includes(item.provided_by))]);
  return known.filter(([, members]) => members.length > 0);
}

export function checklist(card, context) {
  const { t, language } = context;
  const id = context.message?.metadata?.id ?? "";
  const marks = marksOf(id);
  const counters = [];

  const count = () => {
    for (const { bar, text, members } of counters) {
      const done = members.filter((item) => marks.has(item.id)).length;
      const progress = t("cards.checklist.progress", { done, all: members.length });
      text.textContent = progress;
      if (bar) {
        bar.value = done;
        bar.setAttribute("aria-label", progress);
      }
    }
  };
  const counter = (members, bar) => {
    const text = h("span", { class: "count" });
    counters.push({ bar, text, members });
    return text;
  };
  const tick = (item, ticked) => {
    marks[ticked ? "add" : "delete"](item.id);
    if (id) keepMarks(id, marks);
    count();
    context.announce(counters[0].text.textContent);
  };

  const bar = h("progress", { max: card.items.length, value: 0 });
  const heading = h("div", { class: "heading" },
    h("h3", {}, card.type_name ?? t("cards.checklist.title")),
    card.person ? h("p", { class: "muted" }, card.person) : null,
    h("div", { class: "progress" }, bar, counter(card.items, bar)),
    printing(card, context, marks));
  const body = h("div", { class: "card checklist", role: "group", lang: language, "aria-label": t("cards.checklist.title") }, heading,
    warnings(card, t),
    groups(card.items).map(([name, members]) => h("div", { class: "group" },
      h("h4", {}, h("span", {}, t(`cards.checklist.from_${name}`)), counter(members)),
      h("ul", { class: "items" }, members.map((item) => entry(item, context, marks, tick))))),
    h("div", { class: "foot" },
      [...(card.closing ?? []), ...(card.caveats ?? [])].map((note) => said(note)),
      h("p", { class: "muted" }, `${t("cards.checklist.print_hint")}${language === "zh" ? "" : " "}${t("cards.checklist.kept")}`)));
  count();
  return body;
}

function warnings({ reason, warnings: more = [] }, t) {
  const lines = [reason, ...more].filter(Boolean);
  if (lines.length === 0) return null;
  return h("div", { class: "notice", role: "note" },
    h("strong", {}, t("cards.checklist.warnings")),
    h("ul", {}, lines.map((line) => h("li", {}, said(line, null)))));
}

function entry(item, context, marks, tick) {
  const { t, language } = context;
  const other = language === "zh" ? item.name_en : item.name_zh;
  const box = h("input", { type: "checkbox", onchange: (event) => tick(item, event.target.checked) });
  box.checked = marks.has(item.id);
  return h("li", { "data-item": item.id },
    h("label", {}, box,
      h("span", { class: "name" }, item.name),
      other ? h("span", { class: "other", lang: language === "zh" ? "en" : "zh-CN" }, other) : null),
    details(item, context));
}

function details(item, { t, language }) {
  const sources = (item.sources ?? []).map((source) => h("span", {},
    source.url ? link(document, source.url, source.title) : source.title, ` (${source.date ? sourceDate(source.date, language) : t("cards.undated")})`));
  const fields = pairs([...FIELDS.map((name) => [t(`cards.checklist.field_${name}`), item[name]]), [t("cards.sources"), sources]]);
  // A commitment that may stand in says so in its own words.
  const tag = item.required === "if" ? t("cards.checklist.sometimes") : null;
  return h("details", { class: "paper" },
    h("summary", {},
      tag ? h("span", { class: "tag" }, tag) : null, tag ? " " : null,
      h("span", { class: "brief" }, item.brief ?? ""), " ",
      // A list of ten rows that all say the same needs to tell a listener which is which.
      h("span", { class: "open" }, t("cards.checklist.details"), hidden(`: ${item.name}`))),
    fields,
    (item.notes ?? []).map((note) => h("p", {}, note)));
}

function printing(card, context, marks) {
  const { t } = context;
  const fault = h("p", { class: "fault", role: "alert" });
  const press = async () => {
    fault.textContent = "";
    try {
      const { print } = await import("./print.js");
      await print(card, context, marks);
    } catch {
      fault.textContent = t("cards.checklist.print_failed");
    }
  };
  return h("div", { class: "print" },
    h("button", { type: "button", class: "button", onclick: press }, icon("print"), t("cards.checklist.print")), fault);
}
