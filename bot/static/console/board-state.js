/** The board as the gateway last told it: who waits, what is mine, messages left, colleagues. */
import { setClock } from "./clock.js";
import { makeStore } from "./store.js";

const LOOK_AGAIN_MS = 60000;

/** The board's store; `{status, queue, mine, others, left_messages, officers}`, fetched again whenever something changed. */
export function makeBoard({ api, live, arrived }) {
  const store = makeStore({ status: "loading", queue: [], mine: [], others: [], left_messages: [], officers: [], read: {} });
  let asking = false, askAgain = false, timer = 0, off = [];

  async function refresh() {
    if (asking) {
      askAgain = true;
      return;
    }
    asking = true;
    try {
      const board = await api.get("board");
      setClock(board.server_time);
      const old = store.get();
      // Once it is answered, nothing of a conversation counts as read any more.
      const read = Object.fromEntries(board.mine.map(({ id, unread }) => [id, Math.min(unread, old.read[id] ?? 0)]));
      store.set({ ...board, read, status: "ready" });
      if (old.status === "ready") arrived(old, board);
    } catch {
      store.set((old) => (old.status === "ready" ? { ...old, status: "ready" } : { ...old, status: "failed" }));
    } finally {
      asking = false;
      if (askAgain) {
        askAgain = false;
        refresh();
      }
    }
  }

  return {
    store,
    refresh,
    /** What is unread in this conversation is on screen now. */
    look(id) {
      const unread = store.get().mine.find((row) => row.id === id)?.unread ?? 0;
      store.set((old) => ((old.read[id] ?? 0) === unread ? old : { ...old, read: { ...old.read, [id]: unread } }));
    },
    start() {
      off = [live.on("board_changed", refresh), live.on("state", refresh), live.state.watch(({ up }) => up && refresh())];
      timer = setInterval(refresh, LOOK_AGAIN_MS);
      refresh();
    },
    stop() {
      off.forEach((done) => done());
      clearInterval(timer);
    },
  };
}

/** How many messages of a row are new: of the conversation that is open none, of the others what came since it was. */
export const freshIn = (row, open, read) => (row.id === open ? 0 : Math.max(0, row.unread - (read[row.id] ?? 0)));

/** The rows that pass the filters, in the gateway's order: who asked first is served first, also after a transfer. */
export const sift = (rows, { language, station, topic }) =>
  rows.filter((row) => (!language || row.language === language) && (!station || row.station === station) && (!topic || row.topic === topic));

const CAUTION_S = 5 * 60;
const NEGATIVE_S = 15 * 60;

/** How bad a wait is: `fine`, `long` or `too_long`. */
export const patience = (seconds) => (seconds >= NEGATIVE_S ? "too_long" : seconds >= CAUTION_S ? "long" : "fine");
