/** Messages that the server has not acknowledged: kept over reloads, sent one after another under ids of their own. */

const KIND = "outbox.";

export class Outbox {
  constructor(storage) {
    this.storage = storage;
    this.entries = storage.names(KIND).map((name) => storage.read(name)).filter((entry) => entry?.id && entry.message)
      .sort((a, b) => a.at - b.at || a.number - b.number);
    this.number = this.entries.length;
  }

  /** Keep a message; `title` is what the applicant sees of it. */
  add(fields) {
    const entry = { id: crypto.randomUUID?.() ?? fromRandom(), at: Date.now(), number: (this.number += 1), ...fields };
    this.entries.push(entry);
    this.keep(entry);
    return entry;
  }

  keep(entry) {
    this.storage.write(KIND + entry.id, entry);
  }

  /** The message was refused: it stays, with the reason, until the applicant tries again or takes it back. */
  refuse(entry, error) {
    entry.error = error;
    this.keep(entry);
  }

  retry(entry) {
    delete entry.error;
    this.keep(entry);
  }

  remove(id) {
    this.entries = this.entries.filter((entry) => entry.id !== id);
    this.storage.remove(KIND + id);
  }

  /** The next message to send. */
  get next() {
    return this.entries.find((entry) => !entry.error) ?? null;
  }
}

function fromRandom() {
  // Pages without https have no randomUUID.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
