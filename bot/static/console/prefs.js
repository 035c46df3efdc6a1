/** What one machine remembers of a person's wishes: never anything about applicants. */
import { makeStore } from "./store.js";

const KEY = "permit-console";
const DEFAULTS = { language: "", notifications: false, sound: false, shortcuts: true, enterSends: true };

function read() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return DEFAULTS;
  }
}

export const prefs = makeStore(read());

/** Changes some wishes and remembers them where the browser allows it. */
export function prefer(changes) {
  prefs.set({ ...prefs.get(), ...changes });
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs.get()));
  } catch {
    // Without storage the wishes last until the page is closed.
  }
}
