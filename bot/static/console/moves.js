/** The windows for giving a conversation away, and for ending it. */
import { html, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { Confirm, Field, Select } from "./controls.js";

/** To a colleague or to a station, by way of the queue. */
export function TransferDialog({ name, act, onClose }) {
  const { t, board, choices, officer } = useDesk();
  const { officers } = useStore(board.store);
  const [kind, setKind] = useState("staff");
  const [staff, setStaff] = useState("");
  const [station, setStation] = useState("");
  const [note, setNote] = useState("");
  const others = officers.filter((other) => other.id !== officer.id && other.role !== "trainee" && other.role !== "administrator");
  const body = { ...(kind === "staff" && staff ? { to_staff: Number(staff) } : {}), ...(kind === "station" && station ? { to_station: station } : {}), ...(note.trim() ? { note: note.trim() } : {}) };
  const kinds = ["staff", "station"];
  return html`<${Confirm} title=${t("transfer.title", { name })} text=${t("transfer.text")} yes=${t("transfer.yes")} missing=${t(`transfer.missing_${kind}`)} act=${act("transfer", body)} onClose=${onClose}>
    <fieldset class="choices"><legend>${t("transfer.to")}</legend>
      ${kinds.map((found, at) => html`<label key=${found} class="choice"><input type="radio" name="to" value=${found} checked=${kind === found} data-first=${at === 0} onChange=${() => setKind(found)} />${t(`transfer.to_${found}`)}</label>`)}
    </fieldset>
    ${kind === "staff" && html`<${Field} label=${t("transfer.colleague")} hint=${others.length ? null : t("transfer.alone")}>${(given) => html`<${Select} ...${given} required none=${t("act.choose")} value=${staff} onPick=${setStaff} options=${others.map((other) => [String(other.id), `${other.name} · ${t(`presence.${other.presence}`)}`])} />`}</${Field}>`}
    ${kind === "station" && html`<${Field} label=${t("field.station")}>${(given) => html`<${Select} ...${given} required none=${t("act.choose")} value=${station} onPick=${setStation} options=${(choices?.stations ?? []).map((found) => [found.key, found.name])} />`}</${Field}>`}
    <${Field} label=${t("transfer.note")} hint=${t("transfer.note_hint")}>${(given) => html`<textarea class="input" rows="3" maxlength="2000" ...${given} value=${note} onInput=${(event) => setNote(event.target.value)}></textarea>`}</${Field}>
  </${Confirm}>`;
}

/** The end, with how it came out. */
export function CloseDialog({ name, act, unsent, onClose }) {
  const { t, choices } = useDesk();
  const [outcome, setOutcome] = useState("");
  const outcomes = (choices?.outcomes ?? ["solved", "referred", "no_answer", "abusive", "other"]).map((found) => found.key ?? found.name ?? found);
  return html`<${Confirm} title=${t("close.title", { name })} text=${t("close.text")} yes=${t("close.yes")} kind="danger" missing=${t("close.missing")} act=${act("close", { outcome })} onClose=${onClose}>
    ${unsent && html`<p class="caution-text">${t("close.unsent")}</p>`}
    <fieldset class="choices"><legend>${t("close.how")}</legend>
      ${outcomes.map((found, at) => html`<label key=${found} class="choice"><input type="radio" name="outcome" required data-first=${at === 0} value=${found} checked=${outcome === found} onChange=${() => setOutcome(found)} />${t.code("outcome", found)}</label>`)}
    </fieldset>
  </${Confirm}>`;
}
