/** The conversation from top to bottom: packet, the assistant's part folded, messages, notes, and what is being sent. */
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { pieces } from "./conversation-state.js";
import { useNow } from "./clock.js";
import { Button } from "./controls.js";
import { Icon } from "./icons.js";
import { Message, Note, Pending } from "./message.js";

const NEAR_END_PX = 80;
const FOLD_FROM = 3;

/** The scrolling part of a conversation. */
export function Transcript({ state, name, folded, onFold, packet }) {
  const { t, outbox } = useDesk();
  const now = useNow(60000);
  const { view, messages, typing } = state;
  const id = view.conversation.id;
  const seen = useMemo(() => new Set(messages.map((message) => message.metadata.client_id)), [messages]);
  const pending = useStore(outbox.items).filter((item) => item.conversation === id && !seen.has(item.id) && ["reply", "note"].includes(item.kind));
  const parts = useMemo(() => pieces(messages, view.notes ?? []), [messages, view.notes]);
  const box = useRef(null), atEnd = useRef(true);
  const [below, setBelow] = useState(0);
  const count = messages.length;

  useLayoutEffect(() => {
    const place = box.current;
    if (atEnd.current) place.scrollTop = place.scrollHeight;
  }, [count, pending.length, typing, view.notes?.length]);
  useEffect(() => {
    const place = box.current;
    // Cards and pictures of text grow after they are drawn; the end stays in view all the same.
    const watcher = new ResizeObserver(() => atEnd.current && (place.scrollTop = place.scrollHeight));
    watcher.observe(place.firstElementChild);
    watcher.observe(place);
    return () => watcher.disconnect();
  }, [id]);
  useEffect(() => setBelow((old) => (atEnd.current ? 0 : old + 1)), [count]);

  const onScroll = () => {
    const place = box.current;
    atEnd.current = place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_END_PX;
    if (atEnd.current) setBelow(0);
  };
  const toEnd = () => {
    atEnd.current = true;
    box.current.scrollTop = box.current.scrollHeight;
    setBelow(0);
  };

  let day = "";
  const dated = (at, entry) => {
    const key = t.dayKey(at);
    const rule = key !== day && html`<li class="day" key=${`day-${key}`}><span>${t.date(at)}</span></li>`;
    day = key;
    return [rule, entry];
  };
  return html`<div class="transcript" ref=${box} onScroll=${onScroll} tabindex="0" role="region" aria-label=${t("talk.transcript", { name })}>
    <div class="transcript-body">${packet}
      <ol class="messages">${parts.map((part) => (part.kind === "run"
        ? html`<${Run} key=${part.key} part=${part} last=${part === parts.at(-1)} isBots=${view.conversation.state === "BOT"} folded=${folded} onFold=${onFold} name=${name} now=${now} dated=${dated} />`
        : dated(part.at, part.kind === "note" ? html`<${Note} key=${part.key} note=${part.note} now=${now} />` : html`<${Message} key=${part.key} message=${part.message} name=${name} now=${now} />`)))}
        ${pending.map((item) => html`<${Pending} key=${item.id} item=${item} />`)}
        ${typing && html`<li class="typing" key="typing"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>${t("talk.typing", { name })}</li>`}
      </ol>
    </div>
    ${below > 0 && html`<div class="to-end"><${Button} kind="main small" icon="down" onClick=${toEnd}>${t("talk.to_end")}</${Button}></div>`}
  </div>`;
}

/** The assistant's part: a line that says what it was about, or all of it. What the assistant is saying now is not folded. */
function Run({ part, last, isBots, folded, onFold, name, now, dated }) {
  const { t } = useDesk();
  const open = part.messages.length < FOLD_FROM || !folded || (last && isBots);
  const asked = part.messages.filter(({ metadata }) => metadata.author === "applicant").length;
  const bar = part.messages.length >= FOLD_FROM && !(last && isBots);
  const first = part.messages[0].metadata.created_at;
  const summary = bar && html`<li class="folded" key=${`${part.key}-bar`}><${Icon} name="robot" /><span>${t("talk.bots_part", { messages: t.n("talk.messages", part.messages.length), questions: t.n("talk.questions", asked), time: t.when(first, now) })}</span>
    <${Button} kind="quiet small" aria-expanded=${open ? "true" : "false"} onClick=${() => onFold(open)}>${t(open ? "talk.fold" : "talk.show_all")}</${Button}></li>`;
  return [dated(first, summary), ...(open ? part.messages.map((message) => dated(message.metadata.created_at, html`<${Message} key=${message.metadata.id} message=${message} name=${name} now=${now} />`)) : [])];
}
