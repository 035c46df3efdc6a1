/** Asks why a hidden number is to be seen; the reason goes to the audit trail. */
import { html, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { Confirm, Field, Select } from "./controls.js";

const REASONS = ["look_up", "call_back", "verify", "other"];
const LEAST = 5;

/** The window; `object` names what is revealed, `take` gets the door's answer. */
export function Reveal({ object, path, take, onClose }) {
  const { t, api } = useDesk();
  const [reason, setReason] = useState("");
  const [more, setMore] = useState("");
  const words = reason === "other" ? more.trim() : [reason && t(`reveal.reason_${reason}`), more.trim()].filter(Boolean).join(" – ");
  const [short, setShort] = useState(false);
  const act = async () => {
    if (words.length < LEAST) {
      setShort(true);
      throw { words: t("reveal.say_more") };
    }
    take(await api.post(path, { reason: words }));
  };
  return html`<${Confirm} title=${t("reveal.title", { object })} text=${t("reveal.text")} yes=${t("reveal.yes")} act=${act} onClose=${onClose}>
    <${Field} label=${t("reveal.reason")}>${(given) => html`<${Select} ...${given} data-first required none=${t("act.choose")} value=${reason} onPick=${setReason} options=${REASONS.map((name) => [name, t(`reveal.reason_${name}`)])} />`}</${Field}>
    <${Field} label=${t(reason === "other" ? "reveal.words_needed" : "reveal.words")} error=${short && words.length < LEAST ? t("reveal.say_more") : null}>${(given) => html`<input class="input" ...${given} maxlength="200" required=${reason === "other"} value=${more} onInput=${(event) => setMore(event.target.value)} />`}</${Field}>
  </${Confirm}>`;
}
