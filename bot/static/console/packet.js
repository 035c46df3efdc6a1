/** What the officer gets with the conversation: why it is here, what was asked, what is known. */
import { html } from "./view.js";
import { useDesk } from "./desk.js";
import { useNames } from "./row.js";
import { Icon } from "./icons.js";

/** The packet, above everything else of a conversation. */
export function Packet({ view }) {
  const { t } = useDesk();
  const names = useNames();
  const packet = view.packet;
  if (!packet) return null;
  const lines = [
    ["checklist", packet.checklist && checklistWords(packet.checklist, t)],
    ["known", packet.checklist?.circumstances?.length && packet.checklist.circumstances.map(({ question, answer }) => `${question} ${answer}`).join(" · ")],
    ["status", packet.status && statusWords(packet.status, t)],
    ["station", packet.station && (packet.station.name ?? names.station(packet.station.key))],
    ["message", packet.left_message && leftWords(packet.left_message, t)],
    ["earlier", packet.earlier ? t.n("packet.earlier_n", packet.earlier) : null],
  ].filter(([, value]) => value);
  const asked = packet.asked ?? [];
  return html`<section class="packet" aria-label=${t("packet.region")}>
    <h3><${Icon} name="hand" />${packet.reason ? t.code("reason", packet.reason) : t("packet.region")}</h3>
    ${asked.length > 0 && html`<div class="packet-asked"><h4>${t("packet.asked")}</h4><ul>${asked.map((each, at) => html`<li key=${at}><span dir="auto">${each.text}</span>
      <small>${[each.topic?.title, each.answer].filter(Boolean).map((part, which) => html`<span dir="auto" key=${which}>${part}</span>`)}</small></li>`)}</ul></div>`}
    ${lines.length > 0 && html`<dl>${lines.map(([key, value]) => html`<div key=${key}><dt>${t(`packet.${key}`)}</dt><dd dir="auto">${value}</dd></div>`)}</dl>`}
  </section>`;
}

const checklistWords = (found, t) =>
  [found.type_name ?? found.application_type, found.category && t("packet.category", { category: found.category }), found.items ? t.n("packet.items", found.items) : t("packet.unfinished")].filter(Boolean).join(" · ");

const statusWords = (found, t) => [found.number, found.stage_name ?? found.stage, found.since && t("packet.since", { date: t.date(found.since) })].filter(Boolean).join(" · ");

const leftWords = (found, t) => `${found.text} (${t.moment(found.at)}${found.answered ? ` · ${t("packet.answered")}` : ""})`;
