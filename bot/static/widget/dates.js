/** Days and times as people in Shenzhen read them, whatever the clock of the device is set to. */

const ZONE = "Asia/Shanghai";
const formats = new Map();

function format(name, locale, options) {
  const key = `${name}-${locale}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options }));
  return formats.get(key);
}

/** 24 Nov 2026, 2026年11月24日. */
export function day(date, language) {
  if (language === "zh") return format("day", "zh-CN", { year: "numeric", month: "long", day: "numeric" }).format(date);
  return format("day", "en-GB", { day: "numeric", month: "short", year: "numeric" }).format(date);
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
  if (!month) return language === "zh" ? `${year}年` : String(year);
  if (language === "zh") return `${year}年${month}月`;
  return format("month", "en-GB", { month: "short", year: "numeric" }).format(new Date(Date.UTC(year, month - 1, 15)));
}
