/** The status card: the stages of an application as a line, the present one open. */

import { h } from "../dom.js";
import { day } from "./moments.js";
import { pairs, said } from "./pieces.js";

export function status(card, context) {
  const { t, language } = context;
  const [first, ...others] = card.applications ?? [];
  if (!first) return null;
  return h("div", { class: "card status", role: "group", lang: language, "aria-label": t("cards.status.title") },
    application(first, context),
    others.length ? h("h4", { class: "others" }, t("cards.status.others")) : null,
    others.map((each) => h("details", { class: "place" },
      h("summary", {}, h("span", { class: "name" }, each.type_name ?? ""),
        h("span", { class: "muted" }, `${each.number} · ${each.stage_name}`)),
      application(each, context, true))),
    (card.caveats ?? []).map((note) => said(note)));
}

function application(each, context, inner = false) {
  const { t, language } = context;
  const history = each.history?.length ? each.history : [{ stage: each.stage, name: each.stage_name, at: each.since }];
  const past = history.slice(0, -1);
  const now = history[history.length - 1];
  const step = (kind, name, date, ...rest) => h("li", { class: kind, ...(kind === "now" ? { "aria-current": "step" } : {}) },
    h("div", { class: "step" }, h("span", { class: "name" }, name), date ? h("time", { datetime: date }, day(date, language)) : null),
    rest);
  return h("article", {},
    inner ? null : h("header", {}, h("h3", {}, each.type_name ?? t("cards.status.title")),
      h("p", { class: "muted" }, t("cards.status.number", { number: each.number }))),
    h("ol", { class: "line" },
      past.map((stage) => step("done", stage.name ?? stage.stage, stage.at)),
      step("now", each.stage_name ?? now.name, each.since, present(each, context)),
      (each.ahead ?? []).length ? h("li", { class: "gap muted small" }, t("cards.status.ahead")) : null,
      (each.ahead ?? []).map((stage) => step("ahead", stage.name, null))));
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function present(each, { t, language }) {
  const lines = (list) => (list ?? []).map((line) => said(line, null));
  return h("div", { class: "present" },
    each.meaning ? h("p", {}, each.meaning) : null,
    pairs([
      [t("cards.status.who"), capital(each.who_acts ?? "")],
      [t("cards.status.next"), each.to_do],
      [t("cards.status.by"), lines(each.deadline)],
      [t("cards.status.valid"), each.valid_until ? day(each.valid_until, language) : null],
      [t("cards.status.collect"), lines(each.collect)],
    ]));
}
