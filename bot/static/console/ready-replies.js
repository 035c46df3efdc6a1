/** Ready-made replies: found by `/` while typing, chosen with the arrow keys, filled in before they are sent. */
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { announce } from "./announce.js";

const MOST_SHOWN = 40;
const GAP = /\{[a-z_]+\}/;

/** The first placeholder that nobody has filled, or null. */
export const gap = (text) => GAP.exec(text)?.[0] ?? null;

/** The text with what the page itself knows. */
export const filled = (text, values) => text.replace(/\{(officer|station)\}/g, (whole, name) => values[name] || whole).trim();

/** Where a `/word` stands before the caret: `{from, word}`, or null. */
export function slashAt(text, caret) {
  const found = /(^|\s)\/([^\s/]*)$/.exec(text.slice(0, caret));
  return found ? { from: caret - found[2].length - 1, word: found[2] } : null;
}

const asked = new WeakMap();

/** The officer's list, asked for once. */
function useList() {
  const { api, me } = useDesk();
  const [list, setList] = useState(null);
  useEffect(() => {
    let wanted = true;
    if (!asked.has(api)) asked.set(api, api.get("replies").catch(() => (asked.delete(api), null)));
    asked.get(api).then((found) => wanted && setList(found?.replies ?? found ?? []));
    return () => {
      wanted = false;
    };
  }, [me?.officer.id]);
  return list;
}

/** What the box needs for ready-made replies. */
export function useReadyReplies({ box, text, write, on, language }) {
  const { t, officer } = useDesk();
  const list = useList();
  const [spot, setSpot] = useState(null);
  const [at, setAt] = useState(0);
  const dismissed = useRef(null), placed = useRef(null), caret = useRef(null);

  const look = () => {
    const area = box.current;
    const found = on && area ? slashAt(area.value, area.selectionStart) : null;
    if (found && dismissed.current === found.from) return;
    if (!found) dismissed.current = null;
    setSpot(found);
  };
  // Before the next key, not after the next picture: a caret or a list that lags behind quick fingers would hit the wrong letters.
  useLayoutEffect(() => {
    const area = box.current, to = caret.current;
    caret.current = null;
    if (area && to) {
      area.focus();
      area.setSelectionRange(to.from, to.to);
      area.scrollTop = area.scrollHeight;
    }
    look();
  }, [text, on]);
  const matches = useMemo(() => {
    if (!spot || !list) return [];
    const word = spot.word.toLowerCase();
    const rank = (reply) => (reply.shortcut.startsWith(word) ? 0 : Object.values(reply.title).some((title) => title.toLowerCase().includes(word)) ? 1 : Object.values(reply.text).some((each) => each.toLowerCase().includes(word)) ? 2 : 3);
    return list.map((reply) => [rank(reply), reply]).filter(([found]) => found < 3).sort((one, other) => one[0] - other[0]).map(([, reply]) => reply).slice(0, MOST_SHOWN);
  }, [spot?.word, spot?.from, list]);
  useLayoutEffect(() => setAt(0), [spot?.word]);
  const shown = spot !== null && list !== null;
  useEffect(() => {
    if (shown) announce(matches.length ? t.n("replies.found", matches.length) : t("replies.none"));
  }, [shown, matches.length]);

  const choose = (reply) => {
    const area = box.current;
    const words = filled(reply.text[language] ?? reply.text.en, { officer: officer.name, station: officer.stations?.[0]?.name ?? t("replies.no_station") });
    const before = area.value.slice(0, spot.from), after = area.value.slice(spot.from + 1 + spot.word.length);
    const left = gap(words), from = before.length + (left ? words.indexOf(left) : words.length);
    caret.current = { from, to: from + (left?.length ?? 0) };
    write(before + words + after);
    placed.current = null;
    setSpot(null);
  };
  const shut = () => {
    const area = box.current, { from, added } = placed.current ?? {};
    const found = slashAt(area.value, area.selectionStart);
    if (found && found.from === from) {
      // The slash that a button put there goes with the list; one that was typed stays.
      const at = from + 1 - added;
      caret.current = { from: at, to: at };
      write(area.value.slice(0, at) + area.value.slice(from + 1 + found.word.length));
    } else dismissed.current = spot?.from ?? null;
    placed.current = null;
    setSpot(null);
  };
  return {
    shown, matches, at, choose, shut, look, setAt,
    open() {
      const area = box.current;
      dismissed.current = null;
      if (slashAt(area.value, area.selectionStart)) return look();
      const before = area.value.slice(0, area.selectionStart), after = area.value.slice(area.selectionEnd);
      const added = before && !/\s$/.test(before) ? " /" : "/";
      const at = before.length + added.length;
      caret.current = { from: at, to: at };
      write(before + added + after, false);
      placed.current = { from: at - 1, added: added.length };
      return undefined;
    },
    /** Takes a key if the list wants it. */
    onKey(event) {
      if (!shown) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && matches.length) setAt((at + step + matches.length) % matches.length);
      else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && matches.length) choose(matches[at]);
      else if (event.key === "Escape") shut();
      else return false;
      event.preventDefault();
      return true;
    },
    attributes: {
      "aria-autocomplete": "list", "aria-haspopup": "listbox",
      "aria-controls": shown ? "ready-replies" : undefined, "aria-activedescendant": shown && matches.length ? `ready-${at}` : undefined,
    },
  };
}

/** The list above the box. */
export function ReadyReplies({ ready, language }) {
  const { t } = useDesk();
  const list = useRef(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [ready.at]);
  return html`<div class="replies">
    <p class="replies-head">${t("replies.title")}<span class="hint">${t("replies.keys")}</span></p>
    ${ready.matches.length === 0 ? html`<p class="none">${t("replies.none")}</p>` : ""}
    <ul role="listbox" id="ready-replies" tabindex="0" aria-label=${t("replies.title")} ref=${list} hidden=${ready.matches.length === 0}>
      ${ready.matches.map((reply, at) => html`<li key=${reply.shortcut} id=${`ready-${at}`} role="option" aria-selected=${at === ready.at ? "true" : "false"}
        onPointerDown=${(event) => (event.preventDefault(), ready.choose(reply))} onPointerMove=${() => at !== ready.at && ready.setAt(at)}>
        <span class="ready-title"><strong>${reply.title[t.language] ?? reply.title.en}</strong><code>/${reply.shortcut}</code></span>
        <span class="ready-text" dir="auto" lang=${language}>${reply.text[language] ?? reply.text.en}</span></li>`)}
    </ul></div>`;
}
