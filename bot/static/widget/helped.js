/** "Did this help?" under the newest answer: yes or no, and if the applicant likes, a word why. */

import { h } from "./dom.js";

const LONGEST = 500;

/** The question about one answer; what was said already is shown instead. */
export function helped(id, widget) {
  const { t } = widget.texts;
  const given = widget.conversation.about.feedback[id];
  const place = h("div", { class: "helped", role: "group", "aria-label": t("helped.question") });
  const failed = () => {
    place.querySelector(".problem")?.remove();
    place.append(h("span", { class: "problem", role: "alert" }, t("helped.failed")));
  };

  const ask = () => {
    const answer = (helpful, key) => h("button", { type: "button", class: "text", onclick: () => say(helpful) }, t(key));
    place.replaceChildren(h("span", { class: "muted" }, t("helped.question")), answer(true, "helped.yes"), answer(false, "helped.no"));
  };
  const thank = (helpful) => {
    const thanks = h("span", { class: "muted", tabindex: "-1" }, t(helpful ? "helped.said_yes" : "helped.said_no"));
    place.replaceChildren(thanks);
    return thanks;
  };
  const say = async (helpful) => {
    try {
      await widget.conversation.feedback(id, helpful);
    } catch {
      failed();
      return;
    }
    thank(helpful);
    why(helpful);
  };
  const why = (helpful) => {
    const field = h("input", { id: `why-${id}`, type: "text", maxlength: LONGEST, autocomplete: "off", dir: "auto" });
    const form = h("form", { class: "why" },
      h("label", { for: `why-${id}`, class: "muted" }, t(helpful ? "helped.why_yes" : "helped.why_no")),
      h("div", { class: "abreast" }, field, h("button", { type: "submit", class: "outlined" }, t("helped.send")),
        h("button", { type: "button", class: "text", onclick: () => thank(helpful).focus() }, t("helped.skip"))));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (field.value.trim()) {
        try {
          await widget.conversation.feedback(id, helpful, field.value.trim());
        } catch {
          failed();
          return;
        }
      }
      thank(helpful).focus();
      widget.announcer.say(t("helped.thanks"));
    });
    place.append(form);
    field.focus({ preventScroll: true });
  };

  if (given === undefined) ask();
  else thank(given);
  return h("li", { class: "row" }, place);
}
