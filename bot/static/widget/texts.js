/** What the interface says, in the language it speaks now; every sentence comes from the server. */

export class Texts {
  constructor(base, language) {
    this.base = base;
    this.language = language;
    this.known = {};
  }

  /** Have the texts of `language` at hand and speak it. */
  async speak(language) {
    this.known[language] ??= await this.fetch(language);
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

  /** The text of a key with its placeholders filled. */
  get t() {
    return (key, params = {}) => {
      const text = this.known[this.language]?.[key] ?? "";
      return text.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
    };
  }

  /** The text for a number of things. */
  count(key, count) {
    return this.t(count === 1 ? `${key}_one` : key, { count });
  }

  /** The language as `lang` attributes have it. */
  get tag() {
    return this.language === "zh" ? "zh-CN" : "en";
  }
}
