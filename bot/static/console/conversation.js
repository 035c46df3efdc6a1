/** A conversation with everything one can do to it. */
import { html, useEffect, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { useConversation } from "./conversation-state.js";
import { useKeys } from "./keys.js";
import { announce } from "./announce.js";
import { chime } from "./alerts.js";
import { prefs } from "./prefs.js";
import { Button, Confirm, IconButton, Notice, Refused, Waiting } from "./controls.js";
import { Icon } from "./icons.js";
import { nameOf, Tongue, useNames, Wait } from "./row.js";
import { Transcript } from "./transcript.js";
import { Packet } from "./packet.js";
import { About } from "./about.js";
import { Composer } from "./composer.js";
import { Drafts } from "./drafts.js";
import { CloseDialog, TransferDialog } from "./moves.js";

/** The conversation `id`; `onDone` is called when it has left one's hands. */
export function Conversation({ id, onDone }) {
  const desk = useDesk();
  const { t, api, officer, board, lost, changed, outbox } = desk;
  const [move, setMove] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const [showAbout, setShowAbout] = useState(false);
  const [folded, setFolded] = useState(true);
  const title = useRef(null), composer = useRef(null), own = useRef(false), was = useRef(null);
  const losses = useStore(lost);

  const state = useConversation(id, (message) => {
    if (message.metadata.author !== "applicant" || message.metadata.conversation?.state === "BOT") return;
    announce(t("talk.new_message", { name: nameOf(was.current ?? {}, t) }));
    if (prefs.get().sound && !document.hidden) chime();
  });
  const row = state.view?.conversation;
  const may = state.view?.may ?? {};
  const isMine = row?.owner?.id === officer.id;

  useEffect(() => changed.watch((event) => event?.id === id && state.reload()), [id, state.reload]);
  useEffect(() => {
    title.current?.focus({ preventScroll: true });
  }, [state.status]);
  useEffect(() => {
    if (!row) return;
    const before = was.current;
    was.current = row;
    if (before?.owner?.id === officer.id && !isMine && !own.current) {
      lost.set((old) => ({ ...old, [id]: row.owner?.name ?? "" }));
      announce(t("talk.lost_short"));
    }
    if (isMine && id in lost.get()) lost.set(({ [id]: _gone, ...rest }) => rest);
    own.current = false;
  }, [row]);

  const act = (path, body) => async () => {
    setRefusal(null);
    own.current = true;
    try {
      await api.post(`conversations/${id}/${path}`, body);
    } finally {
      await Promise.all([state.reload(), board.refresh()]);
    }
  };
  const claim = () => act("claim")().then(() => (announce(t("talk.claimed")), composer.current?.focus("reply")), setRefusal);
  const ask = (kind) => () => (setRefusal(null), setMove(kind));
  const take = may.claim ? claim : may.join ? ask("join") : undefined;

  useKeys({
    ...(take && { c: take }),
    ...(may.transfer && { t: ask("transfer") }),
    ...(may.hand_back && { b: ask("hand_back") }),
    ...(may.close && { x: ask("close") }),
    r: () => composer.current?.focus("reply"),
    n: () => composer.current?.focus("note"),
    "/": () => composer.current?.replies(),
    d: () => composer.current?.cards(),
    e: () => setShowAbout((old) => !old),
    u: () => setFolded((old) => !old),
    Escape: () => (showAbout ? setShowAbout(false) : document.querySelector(".queue a.row[aria-current]")?.focus()),
  });

  if (!row) {
    return html`<section class="talk" aria-label=${t("talk.region")}><div class="talk-head"><${IconButton} icon="left" kind="quiet back" label=${t("talk.to_queue")} onClick=${onDone} /><h2 tabindex="-1" ref=${title}>${t(state.status === "failed" ? "talk.missing" : "loading")}</h2></div>
      <${Waiting} answer=${{ status: state.status, refusal: state.refusal, again: state.reload }} rows=${6} /></section>`;
  }
  const name = nameOf(row, t);
  return html`<section class="talk" aria-label=${t("talk.region")}>
    <${Head} row=${row} may=${may} name=${name} isMine=${isMine} title=${title} take=${take} ask=${ask} onDone=${onDone} showAbout=${showAbout} onAbout=${() => setShowAbout(!showAbout)} />
    <${Refused} refusal=${refusal} />
    <${Transcript} state=${state} name=${name} folded=${folded} onFold=${setFolded} packet=${html`<${Packet} view=${state.view} />`} />
    <div class="talk-foot">
      ${id in losses && html`<${Lost} id=${id} by=${row.owner?.name ?? losses[id]} onNote=${() => composer.current?.toNote()} />`}
      <${Drafts} view=${state.view} id=${id} name=${name} reload=${state.reload} onEdit=${(draft) => composer.current?.edit(draft)} />
      <${Composer} key=${id} id=${id} view=${state.view} name=${name} isMine=${isMine} hands=${composer} reload=${state.reload} take=${take} />
    </div>
    ${move === "join" && html`<${Confirm} title=${t("join.title", { name })} text=${t("join.text")} yes=${t("join.yes")} act=${act("join")} onClose=${() => (setMove(null), composer.current?.focus("reply"))} />`}
    ${move === "hand_back" && html`<${Confirm} title=${t("hand_back.title", { name })} text=${t("hand_back.text")} yes=${t("hand_back.yes")} act=${act("hand_back")} onClose=${() => setMove(null)} />`}
    ${move === "transfer" && html`<${TransferDialog} name=${name} act=${act} onClose=${() => setMove(null)} />`}
    ${move === "close" && html`<${CloseDialog} name=${name} act=${act} unsent=${desk.typed.get(`${id}:reply`)?.trim() || outbox.items.get().some((item) => item.conversation === id && item.state !== "sent")} onClose=${() => setMove(null)} />`}
  </section>
  <${About} view=${state.view} id=${id} name=${name} shown=${showAbout} onHide=${() => setShowAbout(false)} reload=${state.reload} messages=${state.messages} />`;
}

function Head({ row, may, name, isMine, title, take, ask, onDone, showAbout, onAbout }) {
  const { t } = useDesk();
  const names = useNames();
  const where = row.state === "WITH_STAFF" ? (isMine ? t("state.mine") : t("state.with", { name: row.owner?.name ?? "" })) : t(`state.${row.state}`);
  return html`<header class="talk-head">
    <${IconButton} icon="left" kind="quiet back" label=${t("talk.to_queue")} onClick=${onDone} />
    <div class="talk-name"><h2 tabindex="-1" ref=${title}>${name}</h2>
      <p><span class=${`state ${isMine ? "mine" : row.state.toLowerCase()}`}>${where}${row.state === "CLOSED" && row.outcome ? ` · ${t.code("outcome", row.outcome)}` : ""}</span>
        <${Tongue} language=${row.language} /><span>${names.topic(row.topic)}</span>
        ${row.station && html`<span>${names.station(row.station)}</span>`}
        ${row.state === "QUEUED" && row.waiting_since && html`<${Wait} at=${row.waiting_since} />`}</p></div>
    <div class="talk-acts" role="group" aria-label=${t("talk.acts", { name })}>
      ${take && html`<${Button} kind="main" icon="hand" label=${t(may.claim ? "claim.label" : "join.label", { name })} onClick=${take}>${t(may.claim ? "claim.act" : "join.act")}</${Button}>`}
      ${may.transfer && html`<${Button} icon="swap" label=${t("transfer.label", { name })} onClick=${ask("transfer")}>${t("transfer.act")}</${Button}>`}
      ${may.hand_back && html`<${Button} icon="back" label=${t("hand_back.label", { name })} onClick=${ask("hand_back")}>${t("hand_back.act")}</${Button}>`}
      ${may.close && html`<${Button} icon="check" label=${t("close.label", { name })} onClick=${ask("close")}>${t("close.act")}</${Button}>`}
      <${Button} kind="about-button" icon="person" label=${t("about.region")} aria-expanded=${showAbout ? "true" : "false"} onClick=${onAbout}>${t("about.button")}</${Button}>
    </div>
  </header>`;
}

/** Says who has the conversation now; what was typed is still in the box. */
function Lost({ id, by, onNote }) {
  const { t, lost, typed } = useDesk();
  const text = typed.get(`${id}:reply`)?.trim();
  return html`<${Notice} kind="negative">
    <p><strong>${by ? t("talk.lost", { name: by }) : t("talk.lost_nobody")}</strong> ${t("talk.lost_text")}</p>
    <div class="buttons">${text && html`<${Button} icon="lock" onClick=${onNote}>${t("talk.to_note")}</${Button}>`}
      <${Button} onClick=${() => lost.set(({ [id]: _gone, ...rest }) => rest)}>${t("act.understood")}</${Button}></div></${Notice}>`;
}
