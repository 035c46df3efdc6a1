/** The form that leaves a message for the officers, with a way to be answered. */

import { h } from "../dom.js";
import { fresh } from "./pieces.js";

const LONGEST = 2000;
const KINDS = ["window", "email", "phone"];

function identity() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The form; `sent` is called once the message is stored. */
export function leaveForm(context, sent = () => {}) {
  const { t, emit, language } = context;
  // The same message tried again is the same message, so it gets its name once.
  let name = identity();
  const text = field("textarea", { rows: 4, maxlength: LONGEST, dir: "auto" }, t("cards.leave.text"));
  const group = fresh("kind");
  const contact = { email: field("input", { type: "email", autocomplete: "email", inputmode: "email", dir: "ltr" }, t("cards.leave.email")),
    phone: field("input", { type: "tel", autocomplete: "tel", inputmode: "tel", dir: "ltr" }, t("cards.leave.phone")) };
  for (const each of Object.values(contact)) each.row.hidden = true;
  const kinds = KINDS.map((kind) => h("label", { class: "choice" },
    h("input", { type: "radio", name: group, value: kind, checked: kind === "window", onchange: () => choose(kind) }),
    h("span", {}, t(`cards.leave.by_${kind}`))));
  const choose = (kind) => Object.entries(contact).forEach(([each, { row }]) => { row.hidden = each !== kind; });
  const about = h("p", { class: "muted" });
  let notice = null;
  // What becomes of the data is told once in a conversation; whoever was not shown it here is told by the answer.
  const tell = async () => {
    const answer = await emit("my_data", { language }).catch(() => null);
    if (!answer?.notice || answer.notice.told) return;
    notice = answer.notice.version;
    about.textContent = answer.notice.text;
  };
  const fault = h("p", { class: "fault", role: "alert" });
  const send = h("button", { type: "submit", class: "button primary" }, t("cards.leave.send"));
  const form = h("form", { class: "leave", novalidate: true }, text.row,
    h("fieldset", {}, h("legend", {}, t("cards.leave.answer")), h("div", { class: "choices" }, kinds)),
    contact.email.row, contact.phone.row, about, fault, send);

  form.addEventListener("focusin", tell, { once: true });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (send.disabled) return;
    const kind = new FormData(form).get(group);
    fault.textContent = "";
    if (!text.input.value.trim()) {
      text.wrong(t("cards.leave.text_missing"));
      return;
    }
    send.disabled = true;
    const body = { text: text.input.value.trim(), contact_kind: kind, contact: contact[kind]?.input.value.trim() ?? null, message_id: name, notice };
    try {
      const answer = await emit("leave_message", body);
      if (answer?.ok === false) throw answer.error;
      const done = h("p", { class: "thanks", tabindex: "-1" }, t("cards.leave.sent"));
      form.replaceWith(done);
      done.focus();
      sent();
      return;
    } catch (error) {
      // What the server refuses it has not stored, so the next try is another message.
      const refused = error?.code && error.code !== "no_answer";
      if (refused) name = identity();
      if (refused && contact[kind] && error.code.startsWith("contact_")) contact[kind].wrong(error.message);
      else fault.textContent = refused ? error.message : t("cards.leave.failed");
    }
    send.disabled = false;
  });
  return form;
}

function field(tag, attributes, label) {
  const id = fresh("field");
  const fault = h("p", { class: "fault", id: `${id}-fault` });
  const input = h(tag, { id, "aria-describedby": `${id}-fault`, ...attributes });
  const wrong = (said) => {
    fault.textContent = said;
    input.setAttribute("aria-invalid", Boolean(said));
    if (said) input.focus();
  };
  input.addEventListener("input", () => wrong(""));
  return { input, wrong, row: h("div", { class: "field" }, h("label", { for: id }, label), input, fault) };
}
