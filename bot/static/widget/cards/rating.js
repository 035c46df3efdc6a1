/** The rating card: one question, five words, a sentence if one likes. */

import { h } from "../dom.js";
import { keepMarks, marksOf } from "./kept.js";
import { fresh } from "./pieces.js";

const LONGEST = 500;

export function rating(card, context) {
  const { t, language, emit } = context;
  const id = `${context.message?.metadata?.id ?? ""}:rated`;
  const name = fresh("rating");
  const comment = h("textarea", { rows: 2, maxlength: LONGEST, dir: "auto", id: fresh("comment") });
  const extra = h("div", { class: "field", hidden: true },
    h("label", { for: comment.id }, t("cards.rating.comment")), comment);
  const send = h("button", { type: "submit", class: "button primary", hidden: true }, t("cards.rating.send"));
  const fault = h("p", { class: "fault", role: "alert" });
  const scores = [5, 4, 3, 2, 1].map((score) => h("label", { class: "score" },
    h("input", { type: "radio", name, value: score, onchange: () => { extra.hidden = send.hidden = false; } }),
    h("span", {}, t(`cards.rating.score_${score}`))));
  const thanks = h("p", { class: "thanks", tabindex: "-1" }, t("cards.rating.thanks"));
  const form = h("form", { novalidate: true },
    h("fieldset", {}, h("legend", {}, t("cards.rating.question")), h("div", { class: "scores" }, scores)), extra, send, fault);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const score = Number(new FormData(form).get(name));
    if (!score || send.disabled) return;
    send.disabled = true;
    fault.textContent = "";
    try {
      const answer = await emit("rate", { score, comment: comment.value.trim() || null });
      if (answer?.ok === false) throw answer.error;
      keepMarks(id, new Set([String(score)]));
      form.replaceWith(thanks);
      thanks.focus();
    } catch (error) {
      fault.textContent = error?.code && error.code !== "no_answer" ? error.message : t("cards.rating.failed");
    }
    send.disabled = false;
  });
  const done = context.message?.metadata?.rated || marksOf(id).size > 0;
  return h("div", { class: "card rating", role: "group", lang: language, "aria-label": t("cards.rating.title") }, done ? thanks : form);
}
