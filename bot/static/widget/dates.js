/** Days and times as people in Shenzhen read them, whatever the clock of the device is set to. */

const ZONE = "Asia/Shanghai";
const formats = new Map();

function format(name, locale, options) {
  const key = `${name}-${locale}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options }));
  return formats.get(key);
}

const locale = (language) => ({ zh: "zh-CN", en: "en-GB" })[language] ?? language;

/** 24 Nov 2026, 2026年11月24日, and as other languages have it. */
export function day(date, language) {
  return format("day", locale(language), { day: "numeric", month: /^zh/.test(language) ? "long" : "short", year: "numeric" }).format(date);
}

/** A day that tells days apart. */
export function dayKey(date) {
  return format("key", "en-CA", { year: "numeric", month: "2-digit", day: "2-digit" }).format(date);
}

/** 14:05. */
export function time(date) {
  return format("time", "en-GB", { hour: "2-digit", minute: "2-digit", hour12: false }).format(date);
}

/** The date of a source, which may be only a year or a month. */
export function sourceDate(text, language) {
  const [year, month, number] = String(text).split("-").map(Number);
  if (number) return day(new Date(Date.UTC(year, month - 1, number, 4)), language);
  const chinese = /^zh/.test(language);
  if (!month) return chinese ? `${year}年` : String(year);
  if (chinese) return `${year}年${month}月`;
  return format("month", locale(language), { month: "short", year: "numeric" }).format(new Date(Date.UTC(year, month - 1, 15)));
}
