/** One conversation on screen: fetched, followed live, and caught up with after a dropped line. */
import { useCallback, useEffect, useMemo, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { Offline } from "./api.js";

const EMPTY = { status: "loading", view: null, messages: [], typing: false, refusal: null };
const SETTLE_MS = 120;
const TYPING_MS = 6000;
const AGAIN_MS = 3000;
/** Refusals of what this officer may not see now. */
const SHUT = ["other_station", "not_permitted"];
/** Refusals that asking again does not change. */
const FINAL = [...SHUT, "conversation_unknown"];

/** Old and new messages as one list, in order, each once. */
export function merge(old, more) {
  if (!more?.length) return old;
  const known = new Map(old.map((message) => [message.metadata.id, message]));
  for (const message of more) known.set(message.metadata.id, message);
  return [...known.values()].sort((one, other) => one.metadata.seq - other.metadata.seq);
}

/** The conversation `id`: `{status, view, messages, typing, refusal, reload}`. `said` hears each new message of the applicant. */
export function useConversation(id, said) {
  const { api, live, outbox } = useDesk();
  const [found, setFound] = useState(EMPTY);
  const shown = useRef(null);
  const last = useRef([]);
  const asked = useRef(0), answered = useRef(0);
  const shut = useRef(false), hold = useRef(null);
  const hear = useRef(said);
  hear.current = said;

  const take = useCallback((more, live = false) => {
    const fresh = more.filter((message) => !last.current.some((known) => known.metadata.id === message.metadata.id));
    last.current = merge(last.current, more);
    outbox.seen(last.current.map((message) => message.metadata.client_id).filter(Boolean));
    if (live) fresh.forEach((message) => hear.current?.(message));
    return last.current;
  }, [outbox]);

  /** It was erased, or is another station's: nothing of it stays on the screen. */
  const vanish = useCallback((refusal = null) => {
    last.current = [];
    setFound({ ...EMPTY, status: "failed", refusal });
  }, []);

  /** Fetches it; whether it is there, or `null` where asking again may help. */
  const load = useCallback(async (after = 0) => {
    const number = (asked.current += 1);
    try {
      const view = await api.get(`conversations/${encodeURIComponent(id)}${after ? `?after=${after}` : ""}`);
      if (shown.current !== id) return false;
      shut.current = false;
      const messages = take(view.messages, last.current.length > 0);
      // Of two answers that overtake each other the one asked for last holds; an older one would put back what is over.
      const overtaken = number < answered.current;
      if (!overtaken) answered.current = number;
      setFound((old) => ({ ...old, messages, ...(overtaken ? {} : { status: "ready", view, refusal: null }) }));
      return true;
    } catch (error) {
      if (shown.current !== id) return false;
      const over = FINAL.includes(error.code) ? false : null;
      if (number < answered.current) return over;
      shut.current = SHUT.includes(error.code);
      if (over === false) {
        vanish(error);
        return over;
      }
      setFound((old) => (old.status === "ready" && error instanceof Offline ? old : { ...old, status: old.view ? old.status : "failed", refusal: error }));
      return over;
    }
  }, [api, id, take, vanish]);

  useEffect(() => {
    shown.current = id;
    last.current = [];
    setFound(EMPTY);
    let soon = 0, quiet = 0, again = 0, followed = false;
    const follow = async () => {
      const answer = await live.ask("watch", { conversation_id: id, after: last.current.at(-1)?.metadata.seq ?? 0 });
      if (shown.current !== id) return false;
      followed = answer?.ok === true;
      if (answer?.messages?.length && last.current.length) setFound((old) => ({ ...old, messages: take(answer.messages, true) }));
      return followed || (FINAL.includes(answer?.error?.code) ? false : null);
    };
    /** Has it on the screen and follows it, again and again until that is so or cannot be. */
    const settled = async (after = 0) => {
      clearTimeout(again);
      let done = await load(after);
      if (done && !followed) done = await follow();
      if (done === null && shown.current === id && live.state.get().up) {
        clearTimeout(again);
        again = setTimeout(settled, AGAIN_MS);
      }
    };
    hold.current = settled;
    const settle = () => {
      clearTimeout(soon);
      soon = setTimeout(settled, SETTLE_MS);
    };
    const off = [
      live.on("message", (event) => {
        if (event.conversation_id !== id) return;
        const messages = take([event.message], true);
        setFound((old) => ({ ...old, messages, typing: event.message.metadata.author === "applicant" ? false : old.typing }));
      }),
      live.on("state", (event) => event.conversation_id === id && settle()),
      live.on("conversation_changed", (event) => event.conversation_id === id && settle()),
      live.on("unwatched", (event) => {
        if (event.conversation_id !== id) return;
        followed = false;
        settle();
      }),
      // It may have come back to a station of ours.
      live.on("board_changed", () => shut.current && settle()),
      live.on("erased", (event) => {
        if (event.conversation_id !== id) return;
        vanish();
        load(0);
      }),
      live.on("typing", (event) => {
        if (event.conversation_id !== id) return;
        clearTimeout(quiet);
        setFound((old) => ({ ...old, typing: event.on }));
        if (event.on) quiet = setTimeout(() => setFound((old) => ({ ...old, typing: false })), TYPING_MS);
      }),
      live.state.watch(({ up }) => {
        followed = false;
        if (up) settled(last.current.at(-1)?.metadata.seq ?? 0);
      }),
    ];
    settled();
    return () => {
      shown.current = null;
      clearTimeout(soon);
      clearTimeout(quiet);
      clearTimeout(again);
      off.forEach((done) => done());
      live.tell("unwatch", { conversation_id: id });
    };
  }, [id, live, load, take, vanish]);

  return useMemo(() => ({ ...found, reload: () => hold.current?.() ?? load(0) }), [found, load]);
}

/** What the desk says by itself while somebody asks for a person. */
const DESK = ["offer", "queued"];

/** The messages in pieces: runs of what applicant, assistant and desk said before an officer came, which may be folded, and single messages. */
export function pieces(messages, notes) {
  const isOwn = ({ author, desk, notice }) => author === "bot" || notice === "demo" || (author === "system" && DESK.includes(desk));
  const answered = new Set(messages.filter(({ metadata }) => isOwn(metadata)).map(({ metadata }) => metadata.in_reply_to));
  const isBots = ({ metadata }) => isOwn(metadata) || (metadata.author === "applicant" && answered.has(metadata.id));
  const timeline = [
    ...messages.map((message) => ({ kind: isBots(message) ? "bots" : "message", at: message.metadata.created_at, seq: message.metadata.seq, key: message.metadata.id, message })),
    ...notes.map((note) => ({ kind: "note", at: note.at, seq: Infinity, key: `note-${note.id}`, note })),
  ].sort((one, other) => one.at.localeCompare(other.at) || one.seq - other.seq);
  const found = [];
  for (const entry of timeline) {
    const before = found.at(-1);
    if (entry.kind === "bots" && before?.kind === "run") before.messages.push(entry.message);
    else if (entry.kind === "bots") found.push({ kind: "run", key: `run-${entry.key}`, messages: [entry.message] });
    else found.push(entry);
  }
  return found;
}
