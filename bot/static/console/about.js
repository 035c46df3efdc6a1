/** What is known of the applicant and how it was proven, tags, and earlier conversations. */
import { html, useState } from "./view.js";
import { useDesk, useAct } from "./desk.js";
import { address } from "./route.js";
import { Button, IconButton, Refused } from "./controls.js";
import { Icon } from "./icons.js";
import { useNow } from "./clock.js";
import { useNames } from "./row.js";
import { PersonalData } from "./personal-data.js";

/** The column; on narrow screens it is shown over the conversation when asked for. */
export function About({ view, id, name, shown, onHide, reload }) {
  const { t, officer } = useDesk();
  const names = useNames();
  const now = useNow(30000);
  const row = view.conversation;
  const proven = view.proof?.proven && (!view.proof.until || Date.parse(view.proof.until) > now);
  const facts = [
    ["language", row.language === "zh" ? "中文" : row.language === "en" ? "English" : row.language],
    ["topic", names.topic(row.topic)],
    ["station", names.station(row.station)],
    ["owner", row.owner && (row.owner.id === officer.id ? t("about.you") : row.owner.name)],
    ["application", view.packet?.checklist && [view.packet.checklist.type_name, view.packet.checklist.category].filter(Boolean).join(" · ")],
    ["status", view.packet?.status && [view.packet.status.number, view.packet.status.stage_name ?? view.packet.status.stage].filter(Boolean).join(" · ")],
    ["rating", row.rating && ratingWords(row.rating, t)],
  ].filter(([, value]) => value);
  return html`<aside class=${`about${shown ? " shown" : ""}`} aria-label=${t("about.region")}>
    <div class="about-head"><h2>${t("about.region")}</h2><${IconButton} icon="cross" kind="quiet about-close" label=${t("about.hide")} onClick=${onHide} /></div>
    <section><h3 class="about-name">${name}</h3>
      <p class=${`proof ${proven ? "yes" : "no"}`}><${Icon} name=${proven ? "check" : "lock"} /><span><strong>${t(proven ? "proof.yes" : "proof.no")}</strong>
        ${proven ? (view.proof.until ? t("proof.until", { time: t.time(view.proof.until) }) : "") : t("proof.how")}</span></p>
      <dl class="facts">${facts.map(([key, value]) => html`<div key=${key}><dt>${t(`about.${key}`)}</dt><dd dir="auto">${value}</dd></div>`)}</dl>
    </section>
    <${Tags} row=${row} id=${id} may=${view.may} reload=${reload} />
    <section><h3>${t("about.earlier")}</h3>
      ${row.earlier?.length ? html`<ul class="earlier">${row.earlier.map((each) => html`<li key=${each.id}><a href=${address(["board", each.id])}>${names.topic(each.topic)}</a><small>${each.closed_at ? t.moment(each.closed_at) : ""}</small></li>`)}</ul>` : html`<p class="none">${t("about.earlier_none")}</p>`}
    </section>
    <${PersonalData} row=${row} id=${id} name=${name} />
    <p class="hint about-note"><${Icon} name="trail" />${t("about.trail")}</p>
  </aside>`;
}

function ratingWords(rating, t) {
  const [score, comment] = Array.isArray(rating) ? rating : [rating.score ?? rating, rating.comment];
  return t("about.rating_n", { score }) + (comment ? `: ${comment}` : "");
}

function Tags({ row, id, may, reload }) {
  const { t, api, choices, board } = useDesk();
  const [word, setWord] = useState("");
  const [run, { busy, refusal }] = useAct();
  const change = (body) => run(async () => {
    await api.post(`conversations/${id}/tags`, body);
    await reload();
    board.refresh();
  });
  const allowed = may?.tag ?? may?.tags ?? may?.note ?? false;
  const add = async (event) => {
    event.preventDefault();
    if (word.trim() && (await change({ add: [word.trim()] }))) setWord("");
  };
  return html`<section><h3>${t("about.tags")}</h3>
    ${row.tags?.length ? html`<ul class="tags">${row.tags.map((tag) => html`<li key=${tag} class="tag"><${Icon} name="tag" />${tag}${allowed && html`<button type="button" class="tag-off" aria-label=${t("tags.remove", { tag })} title=${t("tags.remove", { tag })} disabled=${busy} onClick=${() => change({ remove: [tag] })}><${Icon} name="cross" /></button>`}</li>`)}</ul>` : html`<p class="none">${t("tags.none")}</p>`}
    ${allowed && html`<form class="tag-form" onSubmit=${add}><input class="input" list="known-tags" maxlength="40" aria-label=${t("tags.new")} placeholder=${t("tags.new")} value=${word} onInput=${(event) => setWord(event.target.value)} />
      <datalist id="known-tags">${(choices?.tags ?? []).map((tag) => html`<option key=${tag} value=${tag} />`)}</datalist>
      <${Button} icon="plus" type="submit" disabled=${busy || !word.trim()}>${t("tags.add")}</${Button}></form>`}
    <${Refused} refusal=${refusal} /></section>`;
}
