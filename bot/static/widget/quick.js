/** Quick replies: a wrapping row under the newest message, reachable by arrow keys, gone once one is used. */

import { h } from "./dom.js";

const MOST = 6;

/** The row for these replies. */
export function quick(replies, widget) {
  const buttons = replies.slice(0, MOST).map(({ title, payload }, number) =>
    h("button", { type: "button", class: "reply", dir: "auto", tabindex: number ? "-1" : "0",
      onclick: (event) => widget.choose(payload, title, event) }, title));
  const row = h("div", { class: "replies", role: "group", "aria-label": widget.texts.t("list.choices") }, ...buttons);
  row.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target);
    const ahead = row.matches(":dir(rtl)") ? -1 : 1;
    const to = { ArrowRight: at + ahead, ArrowLeft: at - ahead, ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    const next = buttons[(to + buttons.length) % buttons.length];
    next.tabIndex = 0;
    next.focus();
  });
  return h("li", { class: "row" }, row);
}
