/** Small pieces that several cards are made of. */

import { h } from "../dom.js";
import { markdown } from "../markdown.js";

/** A text of the service with its phone numbers and addresses as links. */
export function said(text, kind = "muted") {
  return h("div", { class: kind }, markdown(text, document));
}

/** A link that dials; spaces and dashes stay in what is read. */
export function dial(number, label = number, attributes = {}) {
  return h("a", { href: `tel:${number.replace(/[^\d+]/g, "")}`, ...attributes }, label);
}

/** What unfolds under a line. */
export function unfolding(label, ...children) {
  return h("details", { class: "more" }, h("summary", {}, label), ...children);
}

/** Pairs of name and value; pairs without a value are left out. */
export function pairs(list) {
  const known = list.filter(([, value]) => value !== null && value !== undefined && value !== "" && value.length !== 0);
  if (known.length === 0) return null;
  return h("dl", { class: "pairs" }, known.map(([name, value]) => [
    h("dt", {}, name),
    [value].flat().map((each) => h("dd", {}, each)),
  ]).flat(2));
}

let made = 0;

/** An id that no other element of this page has. */
export function fresh(name) {
  made += 1;
  return `card-${name}-${made}`;
}
