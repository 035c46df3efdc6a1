/** The messages of a thread, in order and once each, by conversation and number. */

export class Record {
  constructor() {
    this.clear();
  }

  clear() {
    this.conversations = [];
    this.numbered = new Map();
    this.reached = new Map();
    this.clientIds = new Map();
  }

  /**
   * Take in messages; those of a `complete` answer of the server leave no gap before them.
   * Returns the messages that can be shown now and could not before, in order, and whether something is missing.
   */
  add(messages, complete = false) {
    const before = new Map(this.reached);
    for (const message of messages) {
      const { id, seq, client_id: clientId } = message.metadata;
      const conversation = message.metadata.conversation.id;
      if (!this.numbered.has(conversation)) {
        this.numbered.set(conversation, new Map());
        this.conversations.push(conversation);
        // Numbers begin at 1; only a complete answer may begin later, when a thread is longer than what is sent of it.
        this.reached.set(conversation, complete ? seq - 1 : 0);
      }
      this.numbered.get(conversation).set(seq, message);
      if (clientId) this.clientIds.set(clientId, id);
    }
    const fresh = [];
    let missing = false;
    for (const conversation of this.conversations) {
      const numbered = this.numbered.get(conversation);
      let reached = this.reached.get(conversation);
      while (numbered.has(reached + 1)) {
        reached += 1;
        if (reached > (before.get(conversation) ?? 0)) fresh.push(numbered.get(reached));
      }
      this.reached.set(conversation, reached);
      missing ||= [...numbered.keys()].some((seq) => seq > reached);
    }
    return { fresh, missing };
  }

  /** Whether a message with this client id is stored. */
  knows(clientId) {
    return this.clientIds.has(clientId);
  }

  /** Everything up to the first gap of each conversation, in order. */
  list() {
    return this.conversations.flatMap((conversation) => {
      const reached = this.reached.get(conversation);
      return [...this.numbered.get(conversation).entries()].filter(([seq]) => seq <= reached).sort(([a], [b]) => a - b).map(([, m]) => m);
    });
  }

  /** The last number there is without a gap: what the server is told when the line is back. */
  get position() {
    for (const conversation of this.conversations) {
      const reached = this.reached.get(conversation);
      if ([...this.numbered.get(conversation).keys()].some((seq) => seq > reached)) return { conversation, after: reached };
    }
    const conversation = this.conversations.at(-1);
    return conversation ? { conversation, after: this.reached.get(conversation) } : { after: 0 };
  }
}
