/** What was written and is not yet known to be stored: sent in order, again after a dropped line, never twice. */
import { Offline } from "./api.js";
import { makeStore } from "./store.js";

const AGAIN_MS = 4000;

/** A name for one message, so that sending it twice stores it once. */
export const clientId = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * The outbox. Items are `{id, conversation, kind, path, body, text, state, refusal, at}`; `state` is `sending`, `waiting`
 * (for the line), `refused` (somebody must decide) or `sent` (stored, not yet seen in the conversation).
 */
export function makeOutbox({ api, sent, refused }) {
  const items = makeStore([]);
  const busy = new Set();
  let again = 0;

  const change = (id, changes) => items.set((old) => old.map((item) => (item.id === id ? { ...item, ...changes } : item)));
  const remove = (id) => items.set((old) => old.filter((item) => item.id !== id));

  async function work(conversation) {
    if (busy.has(conversation)) return;
    busy.add(conversation);
    try {
      let item;
      while ((item = items.get().find((found) => found.conversation === conversation && ["sending", "waiting"].includes(found.state)))) {
        change(item.id, { state: "sending" });
        try {
          await api.post(item.path, item.body);
          change(item.id, { state: "sent" });
          await sent(item);
          if (item.kind !== "reply" && item.kind !== "card") remove(item.id);
        } catch (error) {
          if (error instanceof Offline || error.status === 401) {
            change(item.id, { state: "waiting" });
            later();
            return;
          }
          if (error.refused === undefined && error.code === undefined) throw error;
          change(item.id, { state: "refused", refusal: error });
          refused(item, error);
        }
      }
    } finally {
      busy.delete(conversation);
    }
  }

  function later() {
    clearTimeout(again);
    again = setTimeout(flush, AGAIN_MS);
  }

  function flush() {
    for (const conversation of new Set(items.get().map((item) => item.conversation))) work(conversation);
  }

  return {
    items,
    flush,
    /** Puts something in; returns its client id. */
    put({ conversation, kind, path, body = {}, text = "" }) {
      const id = clientId();
      items.set((old) => [...old, { id, conversation, kind, path, body: { ...body, client_id: id }, text, state: "sending", refusal: null, at: new Date().toISOString() }]);
      work(conversation);
      return id;
    },
    /** Sends a refused item again, under its own client id. */
    retry(id) {
      change(id, { state: "waiting", refusal: null });
      work(items.get().find((item) => item.id === id)?.conversation);
    },
    remove,
    /** Takes out what is seen in the conversation by now. */
    seen(ids) {
      const known = new Set(ids);
      if (items.get().some((item) => known.has(item.id))) items.set((old) => old.filter((item) => !known.has(item.id)));
    },
    /** Whether something would be lost with the page. */
    holds: () => items.get().some((item) => item.state !== "sent"),
    clear: () => items.set([]),
  };
}
