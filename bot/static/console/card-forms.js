/** The small forms with which an officer sends the cards that the assistant sends. */
import { html, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { Confirm, Field, Select } from "./controls.js";
import { clientId } from "./outbox.js";

export const CARDS = ["checklist", "station", "status", "rating"];
const pairs = (list) => (list ?? []).map((found) => [found.id ?? found.key, found.name]);

/** The window for one kind of card. */
export function CardDialog({ kind, id, name, language, packet, reload, onClose }) {
  const { t, api, choices } = useDesk();
  const known = packet?.checklist;
  const [type, setType] = useState(known?.application_type ?? "");
  const [category, setCategory] = useState(known?.category ?? "");
  const [more, setMore] = useState({});
  const [station, setStation] = useState("");
  const [sending] = useState(clientId);
  const circumstances = (choices?.circumstances ?? []).filter((each) => each.types.includes(type) && (!category || !each.categories.length || each.categories.includes(category)));
  const told = Object.fromEntries(circumstances.map((each) => [each.id, more[each.id]]).filter(([, value]) => value));
  const params = {
    checklist: { application_type: type, ...(category ? { category } : {}), ...(Object.keys(told).length ? { circumstances: told } : {}) },
    station: { key: station }, status: {}, rating: {},
  }[kind];
  const act = async () => {
    await api.post(`conversations/${id}/card`, { kind, params, client_id: sending, language });
    await reload();
  };
  return html`<${Confirm} title=${t(`cards.title_${kind}`, { name })} text=${t(`cards.text_${kind}`)} yes=${t("cards.send")} act=${act} onClose=${onClose}>
    ${kind === "checklist" && html`<${Field} label=${t("cards.type")}>${(given) => html`<${Select} ...${given} data-first required none=${t("act.choose")} value=${type} onPick=${setType} options=${pairs(choices?.application_types)} />`}</${Field}>
      <${Field} label=${t("cards.category")} hint=${t("cards.category_hint")}>${(given) => html`<${Select} ...${given} none=${t("cards.category_none")} value=${category} onPick=${setCategory} options=${pairs(choices?.categories)} />`}</${Field}>
      ${circumstances.length > 0 && html`<details class="more-fields"><summary>${t("cards.circumstances")}</summary><div class="form">${circumstances.map((each) => html`<${Field} key=${each.id} label=${each.question}>${(given) => html`<${Select} ...${given} none=${t("cards.not_known")} value=${more[each.id] ?? ""} onPick=${(value) => setMore({ ...more, [each.id]: value })} options=${each.choices.map((choice) => [choice.value, choice.label])} />`}</${Field}>`)}</div></details>`}`}
    ${kind === "station" && html`<${Field} label=${t("field.station")}>${(given) => html`<${Select} ...${given} data-first required none=${t("act.choose")} value=${station} onPick=${setStation} options=${pairs((choices?.stations ?? []).filter((each) => each.open_to_public !== false))} />`}</${Field}>`}
  </${Confirm}>`;
}
