/** The checklist on one A4 page, English and Chinese side by side, in a document of its own that the browser prints or saves. */

import { h } from "../dom.js";
import { groups } from "./checklist.js";
import { day } from "./moments.js";

const BASE = new URL("../../../", import.meta.url);
const LANGUAGES = ["en", "zh"];
// From the fullest and largest to what still can be read; the first that fits on a page is taken. Rather shorter than smaller.
const LAYOUTS = ["full size-9", "full size-8", "size-9", "size-8", "size-7"];
const PAGE_PX = ((297 - 20) * 96) / 25.4;
const MORE = ["form", "authentication", "translation", "validity"];

/** The words of a card or an item in `language`, or in its own when it has no other. */
function words(of, language) {
  return of.language === language || of.other?.language !== language ? of : of.other;
}

async function text(path) {
  const response = await fetch(new URL(path, BASE), { credentials: "omit" });
  if (!response.ok) throw new Error(path);
  return response.text();
}

async function parts() {
  const [style, ...texts] = await Promise.all([
    text("static/widget/cards/print.css"), ...LANGUAGES.map((language) => text(`widget/texts/${language}.json`)),
  ]);
  return { style, texts: Object.fromEntries(LANGUAGES.map((language, index) => [language, JSON.parse(texts[index])])) };
}

// Safari on phones and tablets prints the page around a frame, so there the document gets a tab.
function needsTab() {
  return /apple/i.test(navigator.vendor) && navigator.maxTouchPoints > 1;
}

function room() {
  if (needsTab()) {
    const tab = window.open("", "_blank");
    if (tab) return { view: tab, leave: () => {} };
  }
  const frame = h("iframe", { "aria-hidden": "true", tabindex: "-1", "data-print": "permit-assistant" });
  // Out of sight, yet as wide as the paper, so that what is measured is what is printed.
  Object.assign(frame.style, { position: "fixed", insetInlineStart: "-20000px", top: "0", width: "210mm", height: "297mm", border: "0" });
  document.body.append(frame);
  return { view: frame.contentWindow, leave: () => frame.remove() };
}

/** Lay the list out and open the browser's print dialog; rejects when style or texts cannot be had. */
export async function print(card, context, marks) {
  const { view, leave } = room();
  try {
    const { style, texts } = await parts();
    const page = view.document;
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(style);
    page.adoptedStyleSheets = [sheet];
    fill(page, card, context, marks, texts);
    await page.fonts.ready;
    fit(page);
  } catch (error) {
    leave();
    throw error;
  }
  view.addEventListener("afterprint", () => setTimeout(leave, 0), { once: true });
  view.focus();
  view.print();
}

function fit(page) {
  for (const layout of LAYOUTS) {
    page.body.className = layout;
    if (page.body.firstElementChild.getBoundingClientRect().height <= PAGE_PX) return;
  }
}

function fill(page, card, context, marks, texts) {
  const t = (language, key, params = {}) =>
    (texts[language][`cards.${key}`] ?? "").replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
  const both = (tag, build, attributes = {}) =>
    LANGUAGES.map((language) => h(tag, { ...attributes, lang: language === "zh" ? "zh-CN" : "en" }, build(language)));
  const today = new Date().toISOString();

  const heading = (language) => {
    const said = words(card, language);
    return [h("h1", {}, t(language, "print.title")), h("p", { class: "type" }, said.type_name ?? ""),
      h("p", { class: "person" }, said.person || "\u00a0")];
  };
  const warnings = (language) => {
    const said = words(card, language);
    return [said.reason, ...(said.warnings ?? [])].filter(Boolean).map((line) => h("li", {}, line));
  };
  const paper = (item, language) => {
    const said = words(item, language);
    // A commitment that may stand in says so in its own words.
    const kind = item.required === "if" ? [h("em", {}, t(language, "checklist.sometimes")), " "] : [];
    const rest = (name) => (said[name] ?? "").replace(said.brief, "").trim();
    const more = MORE.filter(rest).map((name) => h("span", {}, h("b", {}, t(language, `checklist.field_${name}`)), ` ${rest(name)} `));
    return [h("strong", {}, item[`name_${language}`] ?? said.name), h("p", { class: "brief" }, kind, said.brief ?? ""),
      h("p", { class: "rest" }, more)];
  };
  const row = (item) => h("tr", { class: marks.has(item.id) ? "done" : "open" },
    h("td", { class: "box" }, h("i", {}, marks.has(item.id) ? "\u2713" : "")), both("td", (language) => paper(item, language)));
  const group = ([name, members]) => h("tbody", {},
    h("tr", { class: "group" }, h("td", {}), both("th", (language) => t(language, `checklist.from_${name}`), { scope: "colgroup" })),
    members.map(row));
  const warned = warnings("en").length > 0;
  const closing = (language) => [
    ...(words(card, language).closing ?? []).map((line) => h("p", {}, line)),
    h("p", {}, t(language, "print.made", { date: day(today, language), phone: context.phone ?? "" })),
  ];

  page.title = [t(context.language, "print.title"), card.type_name].filter(Boolean).join(" – ");
  page.documentElement.lang = context.language === "zh" ? "zh-CN" : "en";
  page.body.replaceChildren(h("main", {},
    h("header", {}, both("div", heading)),
    warned ? h("section", { class: "warned" }, both("div", (language) => [
      h("strong", {}, t(language, "checklist.warnings")), h("ul", {}, warnings(language))])) : "",
    h("table", {}, groups(card.items).map(group)),
    h("footer", {}, both("div", closing))));
}
