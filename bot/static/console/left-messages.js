/** Messages that were left: who takes them, until when they are due, and the answer. */
import { html, useState } from "./view.js";
import { useAct, useAnswer, useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { address, keep, route } from "./route.js";
import { now, useNow } from "./clock.js";
import { clientId } from "./outbox.js";
import { Button, Confirm, Field, Notice, Refused, Waiting } from "./controls.js";
import { Icon } from "./icons.js";
import { Reveal } from "./reveal.js";
import { nameOf, Tongue, useNames } from "./row.js";
import { announce } from "./announce.js";

/** The page: open items first by due time, or all of them. */
export function LeftMessages() {
  const { t, api, board } = useDesk();
  const { filters } = useStore(route);
  const { left_messages: seen } = useStore(board.store);
  const all = filters.show === "all";
  const answer = useAnswer(() => api.get(`left_messages?open=${all ? 0 : 1}`), [all, seen]);
  const items = answer.data?.items ?? answer.data?.left_messages ?? answer.data ?? [];
  return html`<main class="page" id="main" tabindex="-1"><h1>${t("page.messages")}</h1>
    <div class="segments" role="group" aria-label=${t("left.show")}>${["open", "all"].map((name) => html`<button key=${name} type="button" class="segment" aria-pressed=${(name === "all") === all ? "true" : "false"} onClick=${() => keep({ show: name === "all" ? "all" : "" })}>${t(`left.${name}`)}</button>`)}</div>
    ${answer.status === "loading" || (answer.status === "failed" && !answer.data) ? html`<${Waiting} answer=${answer} rows=${4} />`
      : items.length ? html`<ul class="left-list">${items.map((item) => html`<${Item} key=${item.id} item=${item} again=${() => (answer.again(), board.refresh())} />`)}</ul>` : html`<div class="empty"><${Icon} name="mail" /><p>${t(all ? "left.none" : "left.none_open")}</p></div>`}
  </main>`;
}

/** When an item is due, in colour, shape and words. */
function Due({ item }) {
  const { t } = useDesk();
  const left = (Date.parse(item.due_at) - useNow(60000)) / 1000;
  const kind = left < 0 ? "too_long" : left < 4 * 3600 ? "long" : "fine";
  return html`<span class=${`wait ${kind}`}><${Icon} name=${kind === "too_long" ? "warning" : "clock"} />${t(left < 0 ? "left.overdue" : "left.due", { moment: t.moment(item.due_at) })}</span>`;
}

function Item({ item, again }) {
  const { t, api, may, officer, typed } = useDesk();
  const names = useNames();
  const key = `left:${item.id}`;
  const [text, setText] = useState(typed.get(key) ?? "");
  const [contact, setContact] = useState(null);
  const [asking, setAsking] = useState(false);
  const [open, setOpen] = useState(Boolean(text));
  const [sure, setSure] = useState(false);
  const [name] = useState(clientId);
  const [run, { busy, refusal }] = useAct();
  const who = nameOf(item, t);
  const mine = item.owner?.id === officer.id;
  const mayTake = !item.owner || may("conversation:read_all");
  const mayAnswer = may("left_message:answer") && officer.signed && !item.answered_at;
  const write = (value) => (typed.set(key, value), setText(value));
  const take = () => run(async () => {
    await api.post(`left_messages/${item.id}/take`);
    announce(t("left.taken"));
    again();
    setOpen(true);
  });
  const send = async () => {
    await api.post(`left_messages/${item.id}/answer`, { text: text.trim(), client_id: name });
    typed.delete(key);
    announce(t("left.sent"));
    again();
  };
  return html`<li class=${`left${item.answered_at ? " done" : ""}`}>
    <div class="left-head"><h2>${who}</h2><${Tongue} language=${item.language} />${item.station && html`<span>${names.station(item.station)}</span>`}<span>${t("left.came", { moment: t.when(item.created_at, now()) })}</span>
      ${item.answered_at ? html`<span class="state closed">${t("left.answered", { moment: t.when(item.answered_at, now()), name: item.answered_by?.name ?? "" })}</span>` : html`<${Due} item=${item} />`}</div>
    <p class="plain left-text" dir="auto" lang=${item.language}>${item.text}</p>
    ${item.answer && html`<div class="left-answer"><h3>${t("left.answer")}</h3><p class="plain" dir="auto">${item.answer}</p></div>`}
    <p class="left-contact"><${Icon} name=${item.contact_kind === "window" ? "inbox" : item.contact_kind === "email" ? "mail" : "bell"} />${t(`left.by_${item.contact_kind}`)}${item.contact_kind !== "window" && html` <strong class="figures" dir="ltr">${contact ?? item.contact}</strong>`}
      ${item.contact_kind !== "window" && may("number:reveal") && (contact === null ? html`<${Button} kind="quiet small" icon="eye" label=${t("reveal.label_contact", { name: who })} onClick=${() => setAsking(true)}>${t("reveal.act_contact")}</${Button}>` : html`<span class="revealed"><${Icon} name="trail" />${t("reveal.written")}</span><${Button} kind="quiet small" onClick=${() => setContact(null)}>${t("reveal.hide")}</${Button}>`)}</p>
    <div class="left-foot"><span>${item.owner ? (mine ? t("left.yours") : t("left.with", { name: item.owner.name })) : t("left.nobody")}</span>
      <a href=${address(["board", item.conversation_id])}>${t("left.conversation")}</a>
      ${mayAnswer && !mine && mayTake && html`<${Button} kind="main" icon="hand" disabled=${busy} label=${t(item.owner ? "left.take_over_label" : "left.take_label", { name: who })} onClick=${take}>${t(item.owner ? "left.take_over" : "left.take")}</${Button}>`}
      ${mayAnswer && mine && !open && html`<${Button} kind="main" icon="pencil" onClick=${() => setOpen(true)}>${t("left.write")}</${Button}>`}</div>
    ${mayAnswer && mine && open && html`<form class="form" onSubmit=${(event) => (event.preventDefault(), text.trim() && setSure(true))}>
      ${item.contact_kind !== "window" && html`<${Notice} kind="info" icon="help">${t(`left.how_${item.contact_kind}`)}</${Notice}>`}
      <${Field} label=${t("left.answer_to", { name: who })}>${(given) => html`<textarea class="input" rows="4" maxlength="4000" required dir="auto" ...${given} value=${text} onInput=${(event) => write(event.target.value)}></textarea>`}</${Field}>
      <div class="buttons"><button class="button main" disabled=${!text.trim()}><${Icon} name="send" /><span>${t("left.send")}</span></button><${Button} onClick=${() => setOpen(false)}>${t("act.later")}</${Button}></div></form>`}
    <${Refused} refusal=${refusal} />
    ${sure && html`<${Confirm} title=${t("left.sure", { name: who })} text=${t("left.sure_text")} yes=${t("left.send")} act=${send} onClose=${() => setSure(false)} />`}
    ${asking && html`<${Reveal} object=${t("reveal.of_contact", { name: who })} path=${`left_messages/${item.id}/reveal`} take=${(found) => setContact(found.contact)} onClose=${() => setAsking(false)} />`}
  </li>`;
}
