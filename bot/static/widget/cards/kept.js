/** What a card keeps on this device: which papers are ticked, and that a question was answered. */

const KEY = "permit-assistant.ticks";
const MOST = 20;

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return kept !== null && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  } catch {
    return {};
  }
}

/** The marks kept for a card. */
export function marksOf(card) {
  const marks = read()[card];
  return new Set(Array.isArray(marks) ? marks.filter((mark) => typeof mark === "string") : []);
}

/** Keep these marks for a card; the oldest cards are forgotten, and a device without storage keeps none. */
export function keepMarks(card, marks) {
  const { [card]: before, ...others } = read();
  const entries = [...Object.entries(others), ...(marks.size ? [[card, [...marks]]] : [])];
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(entries.slice(-MOST))));
  } catch {
    // Private windows may refuse; the card works all the same until it is closed.
  }
}
