/** The hand-off card: the place in line, the wait, the hours, and a message instead. */

import { h } from "../dom.js";
import { leaveForm } from "./leave.js";
import { hour } from "./moments.js";
import { dial, fresh, pairs } from "./pieces.js";

const OVER = ["with_staff", "bot", "closed"];

/** The card; its `update(state)` takes {state, position, expected_wait_s, owner}, and `openForm()` shows the form. */
export function handoff(card, context) {
  const { t, language, announce } = context;
  const queued = card.phase === "queued";
  const title = h("h3");
  const note = h("p", { class: "muted" });
  const facts = h("div", { class: "facts" });
  const form = card.phase === "offer" || queued ? message(card, context) : null;
  const body = h("div", { class: "card handoff", role: "group", lang: language, "aria-label": t("cards.handoff.title") },
    title, note, facts, form);

  const show = (known) => {
    const waits = queued || card.can_wait;
    title.textContent = t(`cards.handoff.${queued ? "queued" : waits ? "offer" : "away"}`);
    facts.replaceChildren(...[
      waits ? figures(known, queued, t) : null,
      pairs([
        [t("cards.handoff.hours"), card.hours],
        [t("cards.handoff.next_open"), !card.within_hours && card.next_open ? hour(card.next_open, language) : null],
        [t("cards.handoff.phone"), card.phone ? dial(card.phone) : null],
      ]),
    ].filter(Boolean));
  };
  show(card);
  note.textContent = queued ? t("cards.handoff.queued_note") : "";
  note.hidden = !queued;

  let place = card.position;
  body.update = (state) => {
    if (!queued) return;
    const name = (state.state ?? "").toLowerCase();
    if (OVER.includes(name)) {
      facts.replaceChildren();
      form?.remove();
      note.hidden = true;
      body.classList.add("over");
      title.textContent = name === "with_staff" ? t("cards.handoff.taken", { name: state.owner?.name ?? "" }) : t("cards.handoff.over");
      return;
    }
    show({ ...card, ...state });
    if (state.position && state.position !== place) announce(t("cards.handoff.moved", { position: state.position }));
    place = state.position ?? place;
  };
  body.openForm = () => {
    if (!form?.isConnected) return false;
    form.open = true;
    form.querySelector("textarea")?.focus();
    return true;
  };
  return body;
}

function figures(known, queued, t) {
  const figure = (name, value) => h("div", { class: "figure" }, h("dt", {}, name), h("dd", {}, value));
  return h("dl", { class: "figures" },
    known.position ? figure(t(`cards.handoff.${queued ? "place" : "place_would"}`), t("cards.handoff.position", { position: known.position })) : null,
    figure(t("cards.handoff.wait"), wait(known.expected_wait_s, t)));
}

function wait(seconds, t) {
  if (seconds === null || seconds === undefined) return t("cards.handoff.wait_unknown");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return t("cards.handoff.wait_short");
  return t("cards.handoff.wait_minutes", { minutes });
}

function message(card, context) {
  const { t } = context;
  const heading = fresh("leave");
  const folded = h("details", { class: "more leaving", open: !card.can_wait && card.phase === "offer" },
    h("summary", { id: heading }, t("cards.leave.title")));
  folded.append(h("p", { class: "muted" }, t("cards.leave.lead")), leaveForm(context, () => folded.classList.add("over")));
  return folded;
}
