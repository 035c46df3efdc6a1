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

/** What scrolls: the conversation's own box, or the whole page where the window is too low for one. */
const scroller = (place) => (getComputedStyle(place).overflowY === "visible" ? document.scrollingElement : place);
const toBottom = (place) => {
  const moves = scroller(place);
  moves.scrollTop = moves.scrollHeight;
};
const isAtEnd = (place) => {
  const moves = scroller(place);
  return moves.scrollHeight - moves.scrollTop - moves.clientHeight < NEAR_END_PX;
};
const FOLD_FROM = 3;

/** The scrolling part of a conversation. */
export function Transcript({ state, name, folded, onFold, packet }) {
  const { t, outbox } = useDesk();
  const now = useNow(60000);
  const { view, messages, typing } = state;
  const id = view.conversation.id;
  const seen = useMemo(() => new Set(messages.map((message) => message.metadata.client_id)), [messages]);
  const pending = useStore(outbox.items).filter((item) => item.conversation === id && !seen.has(item.id) && ["reply", "note", "draft"].includes(item.kind));
  const parts = useMemo(() => pieces(messages, view.notes ?? []), [messages, view.notes]);
  const box = useRef(null), atEnd = useRef(true), sending = useRef(0), top = useRef(0);
  const [below, setBelow] = useState(0);
  const count = messages.length;

  useLayoutEffect(() => {
    if (pending.length > sending.current) atEnd.current = true;
    sending.current = pending.length;
    if (atEnd.current) toBottom(box.current);
  }, [count, pending.length, typing, view.notes?.length]);
  const onScroll = () => {
    const { scrollTop } = scroller(box.current);
    // What grows in the same moment moves the end away; only who scrolls up leaves it.
    if (isAtEnd(box.current)) atEnd.current = true;
    else if (scrollTop < top.current) atEnd.current = false;
    top.current = scrollTop;
    if (atEnd.current) setBelow(0);
  };
  useEffect(() => {
    const place = box.current;
    // Cards and pictures of text grow after they are drawn; the end stays in view all the same.
    const watcher = new ResizeObserver(() => atEnd.current && toBottom(place));
    watcher.observe(place.firstElementChild);
    watcher.observe(place);
    addEventListener("scroll", onScroll, { passive: true });
    return () => {
      watcher.disconnect();
      removeEventListener("scroll", onScroll);
    };
  }, [id]);
  useEffect(() => setBelow((old) => (atEnd.current ? 0 : old + 1)), [count]);
  const toEnd = () => {
    atEnd.current = true;
    toBottom(box.current);
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
