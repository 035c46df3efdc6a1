/** Days and hours of cards, which come in ISO form. */

import * as dates from "../dates.js";

// A day without an hour is that day in Shenzhen, wherever the reader is.
const moment = (iso) => new Date(iso.length === 10 ? `${iso}T12:00:00+08:00` : iso);

/** "24 Nov 2026" or "2026年11月24日", from a date or a moment. */
export function day(iso, language) {
  return dates.day(moment(iso), language);
}

/** The day with hour and minute. */
export function hour(iso, language) {
  return `${day(iso, language)}${language === "zh" ? " " : ", "}${dates.time(moment(iso))}`;
}
