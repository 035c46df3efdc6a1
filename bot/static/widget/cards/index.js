/** Cards: what a message shows beside its text. Every card is also in the text, so a card that nobody knows is left out. */

import { checklist } from "./checklist.js";
import { handoff } from "./handoff.js";
import { rating } from "./rating.js";
import { station } from "./station.js";
import { status } from "./status.js";

const KINDS = { checklist, handoff, rating, station, status };

/** The element of a card, or null for a card of an unknown kind or without content: then the text says everything. */
export function render(card, context) {
  const kind = Object.hasOwn(KINDS, card?.type ?? "") ? KINDS[card.type] : null;
  return kind ? kind(card, context) : null;
}

/** The part of the message's text to show above its card: what the card does not say again. */
export function lead(card, text) {
  const paragraphs = text.split(/\n{2,}/);
  if (card?.type === "checklist") {
    const heading = paragraphs.findIndex((each) => each.startsWith("**"));
    return paragraphs.slice(0, Math.max(heading, 0)).join("\n\n") || paragraphs[0];
  }
  if (card?.type === "rating") return text;
  return paragraphs[0].split(/\n/)[0];
}
