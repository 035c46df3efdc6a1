/** What the interface says, in the language it speaks now; every sentence comes from the server. */

export class Texts {
  constructor(base, language) {
    this.base = base;
    this.language = language;
    this.known = {};
  }

  /** Have the texts of `language` at hand. */
  async have(language) {
    this.known[language] ??= await this.fetch(language);
  }

  async speak(language) {
    await this.have(language);
    this.language = language;
  }

  async fetch(language) {
    const response = await fetch(`${this.base}widget/texts/${language}.json`, { credentials: "omit" });
    if (!response.ok) throw new Error(`texts: ${response.status}`);
    return response.json();
  }

  /** Whether the server answers this page at all. */
  async reachable() {
    try {
      const response = await fetch(`${this.base}widget/texts/${this.language}.json`, { credentials: "omit", cache: "no-store" });
      return response.ok;
    } catch {
      return false;
    }
  }

  /** What gives the text of a key with its placeholders filled, in `language`. */
  in(language) {
    return (key, params = {}) => (this.known[language]?.[key] ?? "").replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
  }

  get t() {
    return this.in(this.language);
  }

  /** The text for a number of things. */
  count(key, count) {
    return this.t(count === 1 ? `${key}_one` : key, { count });
  }

  /** The language as `lang` attributes have it. */
  get tag() {
    return this.language === "zh" ? "zh-CN" : this.language;
  }
}
