/** Says to screen readers what is new, each thing once; the list of messages itself is silent. */

import { h } from "./dom.js";

const READ_FOR_MS = 8000;

export class Announcer {
  constructor() {
    this.polite = h("div", { class: "sr", "aria-live": "polite", "aria-atomic": "false", "aria-relevant": "additions" });
    this.urgent = h("div", { class: "sr", role: "alert" });
    this.element = h("div", {}, this.polite, this.urgent);
  }

  /** Say something; what is `urgent` comes before what is being read. */
  say(text, urgent = false) {
    if (!text) return;
    const line = h("p", {}, text);
    (urgent ? this.urgent : this.polite).append(line);
    setTimeout(() => line.remove(), READ_FOR_MS);
  }
}
