/** One message as officers see it: who, when, what, and what came with it. */
import { html, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { Button } from "./controls.js";
import { Icon } from "./icons.js";
import { Card, leadOf, Marked } from "./applicant-view.js";
import { Reveal } from "./reveal.js";

const FOLD_FROM = 900;

/** Who speaks, in words. */
export function speaker({ author, staff }, name, t) {
  if (author === "applicant") return name;
  if (author === "staff") return staff ? (staff.station_name ? t("talk.officer_at", { name: staff.name, station: staff.station_name }) : staff.name) : t("talk.officer");
  return t(`author.${author}`);
}

/** The message; numbers are masked, and one may ask to see them. */
export function Message({ message, name, now }) {
  const { t, may } = useDesk();
  const [asking, setAsking] = useState(false);
  const [revealed, setRevealed] = useState(null);
  const [whole, setWhole] = useState(false);
  const [bare, setBare] = useState(false);
  const { metadata } = message;
  const { author, card } = metadata;
  const text = revealed ?? message.text;
  const shown = card && !whole && !bare ? leadOf(card, text) : text;
  const long = !card && !whole && shown.length > FOLD_FROM;
  const cut = long ? `${shown.slice(0, FOLD_FROM - 200).replace(/\s+\S*$/, "")} …` : shown;
  return html`<li class=${`message ${author}`}>
    <div class="message-head"><span class="speaker">${author === "bot" && html`<${Icon} name="robot" />`}${speaker(metadata, name, t)}</span><time datetime=${metadata.created_at}>${t.when(metadata.created_at, now)}</time></div>
    <div class="bubble">
      ${author === "applicant" ? html`<div class="plain" dir="auto" lang=${metadata.language}>${cut}</div>` : html`<${Marked} text=${cut} lang=${metadata.language} />`}
      ${card && !bare && html`<${Card} card=${card} message=${message} onMissing=${() => setBare(true)} />`}
    </div>
    <${Extras} message=${message} />
    <div class="message-acts">
      ${(long || (whole && !card)) && html`<${Button} kind="quiet small" onClick=${() => setWhole(!whole)}>${t(whole ? "talk.less" : "talk.more")}</${Button}>`}
      ${card && !bare && html`<${Button} kind="quiet small" onClick=${() => setWhole(!whole)} aria-expanded=${whole ? "true" : "false"}>${t(whole ? "talk.card_only" : "talk.as_text")}</${Button}>`}
      ${message.masked && may("number:reveal") && (revealed === null
        ? html`<${Button} kind="quiet small" icon="eye" label=${t("reveal.label_message", { time: t.time(metadata.created_at) })} onClick=${() => setAsking(true)}>${t("reveal.act")}</${Button}>`
        : html`<span class="revealed"><${Icon} name="trail" />${t("reveal.written")}</span><${Button} kind="quiet small" onClick=${() => setRevealed(null)}>${t("reveal.hide")}</${Button}>`)}
    </div>
    ${asking && html`<${Reveal} object=${t("reveal.of_message", { name, time: t.moment(metadata.created_at) })} path=${`messages/${metadata.id}/reveal`} take=${({ text: found }) => setRevealed(found)} onClose=${() => setAsking(false)} />`}
  </li>`;
}

function Extras({ message }) {
  const { t } = useDesk();
  const { sources = [], source_line: line, card } = message.metadata;
  const offers = message.quick_replies ?? [];
  const feedback = message.feedback;
  return html`${(line || sources.length > 0) && !card && html`<p class="extra">${line || t("talk.sources", { list: sources.map(({ title, date }) => `${title}${date ? ` (${date})` : ""}`).join("; ") })}</p>`}
    ${offers.length > 0 && html`<p class="extra offers"><span>${t("talk.offered")}</span>${offers.map(({ title }, at) => html`<span class="offer" key=${at} dir="auto">${title}</span>`)}</p>`}
    ${feedback && html`<p class=${`extra feedback ${feedback.helpful ? "good" : "bad"}`}><${Icon} name=${feedback.helpful ? "check" : "cross"} />${t(feedback.helpful ? "talk.helped" : "talk.helped_not")}${feedback.comment ? html`: <q dir="auto">${feedback.comment}</q>` : ""}</p>`}`;
}

/** A private note between the messages. */
export const Note = ({ note, now }) => {
  const { t } = useDesk();
  return html`<li class="message note"><div class="message-head"><span class="speaker"><${Icon} name="lock" />${t("note.by", { name: note.by?.name ?? t("talk.officer") })}</span><time datetime=${note.at}>${t.when(note.at, now)}</time></div>
    <div class="bubble"><div class="plain" dir="auto">${note.text}</div></div></li>`;
};

/** Something of one's own that is on its way, or was refused. */
export function Pending({ item }) {
  const { t, outbox, live } = useDesk();
  const words = item.state === "refused" ? item.refusal?.words || t("error.unknown") : null;
  return html`<li class=${`message ${item.kind === "reply" ? "staff" : "note"} pending ${item.state}`}>
    <div class="bubble"><div class="plain" dir="auto">${item.text}</div></div>
    <p class="sending" role=${item.state === "refused" ? "alert" : undefined}><${Icon} name=${item.state === "refused" ? "warning" : item.state === "sent" ? "check" : item.state === "waiting" ? "offline" : "clock"} />
      ${item.state === "refused" ? t("send.refused", { why: words }) : t(item.state === "waiting" && live.state.get().up ? "send.sending" : `send.${item.state}`)}</p>
    ${item.state === "refused" && html`<div class="message-acts"><${Button} kind="small" onClick=${() => outbox.retry(item.id)}>${t("act.again")}</${Button}><${Button} kind="quiet small" onClick=${() => outbox.remove(item.id)}>${t("send.discard")}</${Button}></div>`}
  </li>`;
}
