/** Tells people who hear the page what has just happened, once. */
import { html } from "./view.js";
import { makeStore, useStore } from "./store.js";

const said = makeStore({ text: "", turn: 0 });

/** Has a sentence read out after what is being read. */
export function announce(text) {
  said.set(({ turn }) => ({ text, turn: turn + 1 }));
}

/** The place that is read out; two regions in turn, so that the same sentence is heard twice when it is true twice. */
export function Announcer() {
  const { text, turn } = useStore(said);
  return html`<div class="unseen" role="status" aria-live="polite">${turn % 2 ? text : ""}</div>
    <div class="unseen" role="status" aria-live="polite">${turn % 2 ? "" : text}</div>`;
}
