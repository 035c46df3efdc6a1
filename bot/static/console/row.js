/** One conversation in a list: topic, waiting time, first line, and what else one chooses by. */
import { html } from "./view.js";
import { useDesk } from "./desk.js";
import { address } from "./route.js";
import { patience } from "./board-state.js";
import { since, useNow } from "./clock.js";
import { Icon } from "./icons.js";

/** The names of topics and stations by what the gateway calls them. */
export function useNames() {
  const { choices, t } = useDesk();
  return {
    topic: (name) => (name ? choices?.topics.find((topic) => topic.name === name)?.title ?? name : t("row.no_topic")),
    station: (key) => (key ? choices?.stations.find((station) => station.key === key)?.name ?? key : ""),
  };
}

/** "Applicant 4F2A" in the language of the interface. */
export const nameOf = (row, t) => t("row.applicant", { code: String(row.applicant ?? "").split(" ").at(-1) });

/** How long something has waited, in colour, shape and words. */
export function Wait({ at }) {
  const { t } = useDesk();
  const seconds = since(at, useNow());
  const kind = patience(seconds);
  return html`<span class=${`wait ${kind}`}><${Icon} name=${kind === "too_long" ? "warning" : "clock"} /><span class="unseen">${t("row.waits")} </span>${t.duration(seconds)}${kind !== "fine" && html`<span class="wait-word"> · ${t(`wait.${kind}`)}</span>`}</span>`;
}

/** A language as a small sign. */
export const Tongue = ({ language }) => language && html`<span class="tongue" lang=${language}>${language === "zh" ? "中文" : language.toUpperCase()}</span>`;

/** The row; where `fresh` messages are new, it says so rather than how long it waits. */
export function Row({ row, open, filters, mine, fresh }) {
  const { t, officer } = useDesk();
  const names = useNames();
  const forMe = row.wanted?.id === officer.id;
  return html`<li><a class=${`row${fresh ? " fresh" : ""}`} href=${address(["board", row.id], filters)} aria-current=${open ? "true" : undefined}>
    <span class="row-top"><strong class="row-topic">${names.topic(row.topic)}</strong>
      ${fresh ? html`<span class="unread">${t.n("row.unread", fresh)}</span>` : row.waiting_since ? html`<${Wait} at=${row.waiting_since} />` : html`<span class="row-time">${row.last_message_at ? t.when(row.last_message_at, Date.now()) : ""}</span>`}</span>
    <span class="row-line" dir="auto" lang=${row.language}>${row.first_line || t("row.no_text")}</span>
    <span class="row-meta"><${Tongue} language=${row.language} /><span>${nameOf(row, t)}</span>
      ${row.station && html`<span>${names.station(row.station)}</span>`}
      ${row.wanted && html`<strong class=${forMe ? "for-me" : ""}>${forMe ? t("row.for_you") : t("row.for", { name: row.wanted.name })}</strong>`}
      ${row.tags?.map((tag) => html`<span class="tag" key=${tag}>${tag}</span>`)}
      ${row.owner && !mine && html`<span>${t("state.with", { name: row.owner.name })}</span>`}</span>
  </a></li>`;
}
