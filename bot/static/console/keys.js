/** The keyboard of the console: single keys and two in a row, never while somebody is typing. */
import { useEffect, useRef } from "./view.js";
import { prefs } from "./prefs.js";

const TWO_WITHIN_MS = 1200;
const layers = [];
let first = "", firstAt = 0;

const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName ?? "");

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!prefs.get().shortcuts || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const pair = first && Date.now() - firstAt < TWO_WITHIN_MS ? `${first} ${event.key}` : "";
  first = "";
  for (const key of [pair, event.key]) {
    const layer = key && [...layers].reverse().find((found) => found.current[key]);
    if (layer) {
      event.preventDefault();
      layer.current[key]();
      return;
    }
  }
  if (event.key === "g") {
    first = "g";
    firstAt = Date.now();
  }
}

addEventListener("keydown", onKey);

/** Has keys do things while the view is shown: `{c: claim, "g q": toBoard}`; a later view wins over an earlier one. */
export function useKeys(table) {
  const held = useRef(table);
  held.current = table;
  useEffect(() => {
    layers.push(held);
    return () => {
      layers.splice(layers.indexOf(held), 1);
    };
  }, []);
}

/** Moves the focus to the next or previous element that `selector` finds. */
export function stepFocus(selector, by) {
  const all = [...document.querySelectorAll(selector)].filter((element) => element.getClientRects().length);
  const at = all.indexOf(document.activeElement);
  const from = at >= 0 ? at : all.findIndex((element) => element.getAttribute("aria-current") === "true");
  const next = all[from < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, from + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
