/** What the board's changes mean to a person: somebody waits, somebody wrote. */
import { alert } from "./alerts.js";
import { announce } from "./announce.js";
import { go } from "./route.js";

/** Compares two boards and tells what is new. */
export function arrivals({ t }, old, fresh) {
  const waited = new Set(old.queue.map((row) => row.id));
  const came = fresh.queue.filter((row) => !waited.has(row.id));
  if (came.length) {
    announce(t.n("alert.waiting", fresh.queue.length));
    alert(t("alert.waiting_title"), t.n("alert.waiting", fresh.queue.length), "queue", () => go(["board"]));
  }
  const unread = new Map(old.mine.map((row) => [row.id, row.unread]));
  // What was written before one took a conversation is no news.
  const wrote = fresh.mine.filter((row) => row.unread > (unread.get(row.id) ?? Infinity));
  if (wrote.length) alert(t("alert.message_title"), t.n("alert.message", wrote.reduce((sum, row) => sum + row.unread, 0)), "mine", () => go(["board", wrote[0].id]));
}
