/** What the interface says, and how it writes numbers, times and durations, in one language. */
const ZONE = "Asia/Shanghai";

const fill = (text, params) => text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? String(params[name]) : whole));

const parts = (format, date) => Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));

/** The tongue of one language: `t(key, params)`, `t.n(key, n, params)` and the formats; `table` maps keys to texts. */
export function speak(language, table) {
  const t = (key, params = {}) => fill(table[key] ?? key, params);
  const day = new Intl.DateTimeFormat("en-US", { timeZone: ZONE, year: "numeric", month: "short", day: "numeric" });
  const numbers = new Intl.DateTimeFormat("en-US", { timeZone: ZONE, year: "numeric", month: "numeric", day: "numeric" });
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });

  t.language = language;
  t.lang = language === "zh" ? "zh-CN" : language;
  t.has = (key) => key in table;
  /** The form for `n`: forms stand in one text, apart by `|`, the first for one. */
  t.n = (key, n, params = {}) => {
    const forms = (table[key] ?? key).split("|");
    return fill(n === 1 ? forms[0] : forms[forms.length - 1], { n, ...params });
  };
  /** The text of a code, or the code itself where there is none. */
  t.code = (group, code) => (code === null || code === undefined || code === "" ? "" : table[`${group}.${code}`] ?? String(code));
  t.date = (at) => {
    const date = new Date(at);
    if (language === "zh") {
      const { year, month, day: number } = parts(numbers, date);
      return `${year}年${month}月${number}日`;
    }
    const { year, month, day: number } = parts(day, date);
    return `${number} ${month} ${year}`;
  };
  t.time = (at) => clock.format(new Date(at));
  t.dayKey = (at) => numbers.format(new Date(at));
  t.moment = (at) => `${t.date(at)} ${t.time(at)}`;
  /** The time alone when it is today, else with its date. */
  t.when = (at, now) => (t.dayKey(at) === t.dayKey(now) ? t.time(at) : t.moment(at));
  t.duration = (seconds) => {
    const minutes = Math.max(0, Math.floor(seconds / 60));
    if (minutes < 1) return t("duration.now");
    if (minutes < 60) return t("duration.minutes", { minutes });
    const hours = Math.floor(minutes / 60);
    if (hours < 24) return t("duration.hours", { hours, minutes: minutes % 60 });
    return t.n("duration.days", Math.floor(hours / 24));
  };
  return t;
}

/** Loads the texts of a language from the door. */
export async function loadTexts(language) {
  const response = await fetch(`/console/texts/${language}.json`, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error("texts");
  return speak(language, await response.json());
}

/** The language for people who have not signed in: as they left it on this machine, else the browser's. */
export function firstLanguage(kept) {
  if (kept === "en" || kept === "zh") return kept;
  return navigator.languages.some((name) => name.toLowerCase().startsWith("zh")) ? "zh" : "en";
}
