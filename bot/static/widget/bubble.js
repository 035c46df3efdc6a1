/** One message as an element: who, when, what, its card, and its sources. */

import { sourceDate, time } from "./dates.js";
import { h, hidden } from "./dom.js";
import { link, markdown } from "./markdown.js";

const FOLD_FROM = 900;
const FOLD_TO = 320;
const SHORT_NOTE = 240;

/** The name of the author of a message. */
export function speaker({ author, staff }, t) {
  if (author === "staff") return staff?.name ? (staff.station ? t("head.officer_of", staff) : staff.name) : t("head.officer");
  return t({ applicant: "list.you", bot: "list.assistant" }[author] ?? "list.service");
}

/** The text of a message without the line of sources, which has its own place. */
export function textOf({ text, metadata }) {
  const line = metadata.source_line;
  return line && text.endsWith(line) ? text.slice(0, -line.length).trimEnd() : text;
}

/** Whether a message of the service is a short note that stands in the middle. */
export function isNote({ text, quick_replies: replies, metadata }) {
  return metadata.author === "system" && !metadata.card && !replies?.length && text.length <= SHORT_NOTE && !text.includes("\n");
}

function written(text, metadata) {
  if (metadata.author !== "applicant") return markdown(text, document);
  // What the applicant typed is shown as typed.
  return h("p", { class: "typed", dir: "auto" }, text);
}

/** The text with all but its beginning behind a button when it is long. */
function folded(text, metadata, t) {
  const body = h("div", { class: "text" }, written(text, metadata));
  if (text.length < FOLD_FROM) return body;
  let length = 0;
  const rest = [...body.children].filter((block) => {
    const late = length >= FOLD_TO;
    length += block.textContent.length;
    return late;
  });
  const blocks = rest.length ? rest : [];
  const single = !blocks.length;
  const button = h("button", { type: "button", class: "text fold", "aria-expanded": "false" }, t("list.more"));
  const show = (open) => {
    for (const block of blocks) block.hidden = !open;
    body.classList.toggle("clamped", single && !open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = t(open ? "list.less" : "list.more");
  };
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") === "false"));
  show(false);
  return [body, button];
}

/** The folded list of where an answer comes from. */
export function sources(list, t, language) {
  const entries = list.map(({ title, url, date }) => {
    const words = url ? link(document, url, title) : title;
    const when = date ? sourceDate(date, language) : t("sources.undated");
    return h("li", { dir: "auto" }, words, " · ", h("span", { class: "muted" }, when));
  });
  return h("details", { class: "sources" }, h("summary", {}, t("sources.title", { count: list.length })), h("ul", {}, ...entries));
}

/** The element of a message; `first` says that somebody else spoke before. */
export function bubble(message, { widget, first, cards }) {
  const { metadata } = message;
  const { t, language } = widget.texts;
  const date = new Date(metadata.created_at);
  const name = speaker(metadata, t);
  const label = hidden(`${name}, ${time(date)}: `);
  const stamp = h("time", { class: "time", datetime: metadata.created_at, "aria-hidden": "true" }, time(date));
  if (isNote(message)) {
    return h("li", { class: "message system note", lang: tag(metadata), title: time(date) }, label, h("div", { class: "text" }, written(message.text, metadata)));
  }
  const text = textOf(message);
  const card = metadata.card && cards ? render(cards, message, text, widget) : null;
  const shown = card ? cards.lead(metadata.card, text) : text;
  const parts = [label];
  if (first && metadata.author !== "applicant") parts.push(heading(metadata, name));
  if (shown) parts.push(h("div", { class: "said" }, h("div", { class: "bubble", lang: tag(metadata) }, folded(shown, metadata, t)), " ", stamp));
  if (card) parts.push(card);
  const feet = [];
  if (metadata.sources?.length && metadata.author !== "applicant") feet.push(sources(metadata.sources, t, language));
  if (card && shown !== text) {
    feet.push(h("details", { class: "sources" }, h("summary", {}, t("list.as_text")), h("div", { class: "text", lang: tag(metadata) }, written(text, metadata))));
  }
  if (feet.length) parts.push(h("div", { class: "feet" }, ...feet));
  return h("li", { class: `message ${metadata.author}${card ? " with-card" : ""}${first ? " first" : ""}` }, ...parts);
}

function heading({ author, staff }, name) {
  const station = author === "staff" && staff?.name && staff.station ? ` · ${staff.station}` : "";
  return h("p", { class: "author", "aria-hidden": "true" }, h("bdi", {}, station ? staff.name : name), station);
}

function render(cards, message, text, widget) {
  try {
    const element = cards.render(message.metadata.card, widget.cardContext(message));
    if (element) element.classList.add("card-place");
    return element;
  } catch {
    // The text says the same.
    return null;
  }
}

function tag({ language }) {
  return language === "zh" ? "zh-CN" : language;
}
