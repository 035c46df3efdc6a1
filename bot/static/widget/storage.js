/** What the widget keeps on the device: a token, settings and unsent messages, from the first message on and never a cookie. */

const PREFIX = "permit-assistant.";
const memory = new Map();

function quietly(work, otherwise) {
  try {
    return work();
  } catch {
    // Storage can be forbidden, full or absent; the widget then forgets when the page is left.
    return otherwise;
  }
}

export class Storage {
  constructor() {
    /** Whether the first message was sent, so that things may be kept. */
    this.allowed = this.read("token") !== null;
  }

  read(name) {
    const kept = quietly(() => localStorage.getItem(PREFIX + name), null);
    const text = kept ?? memory.get(name) ?? null;
    return text === null ? null : quietly(() => JSON.parse(text), text);
  }

  write(name, value) {
    const text = JSON.stringify(value);
    memory.set(name, text);
    if (this.allowed) quietly(() => localStorage.setItem(PREFIX + name, text));
  }

  remove(name) {
    memory.delete(name);
    quietly(() => localStorage.removeItem(PREFIX + name));
  }

  /** Names that begin with `start`. */
  names(start) {
    const kept = quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX + start)), []);
    return [...new Set([...kept.map((key) => key.slice(PREFIX.length)), ...[...memory.keys()].filter((key) => key.startsWith(start))])];
  }

  /** From now on things are kept; what was remembered so far is written. */
  allow() {
    if (this.allowed) return;
    this.allowed = true;
    for (const [name, text] of memory) quietly(() => localStorage.setItem(PREFIX + name, text));
    this.open = this.isOpen;
  }

  /** Remove everything of ours, cards' notes included. */
  clear() {
    for (const name of this.names("")) this.remove(name);
    memory.clear();
    quietly(() => sessionStorage.removeItem(`${PREFIX}open`));
    this.allowed = false;
  }

  /** Whether the window was open on the page before, in this tab. */
  get open() {
    return quietly(() => sessionStorage.getItem(`${PREFIX}open`), null) === "1";
  }

  set open(open) {
    this.isOpen = open;
    if (this.allowed) quietly(() => (open ? sessionStorage.setItem(`${PREFIX}open`, "1") : sessionStorage.removeItem(`${PREFIX}open`)));
  }

  /** Call `listener(name, value)` when another tab changes something. */
  watch(listener) {
    window.addEventListener("storage", (event) => {
      if (event.storageArea && event.key?.startsWith(PREFIX)) {
        listener(event.key.slice(PREFIX.length), event.newValue === null ? null : quietly(() => JSON.parse(event.newValue), null));
      }
    });
  }
}
