/** The conversation as a plain text file for the applicant to keep, each message in the language it was written in. */

import { day, dayKey, time } from "./dates.js";
import { spoken } from "./markdown.js";

// Marks that turn the reading direction would let one line pass for another.
const TURNING = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
// Some programs begin a new line at these too.
const SEPARATORS = /[\u2028\u2029]/g;

function plain(text) {
  return text.replace(TURNING, "").replace(CONTROLS, "").replace(SEPARATORS, "\n");
}

/** The whole transcript; `speaker(metadata)` names who said something. */
export function transcript(messages, { t, language, speaker, now }) {
  const lines = [t("transcript.title"), t("transcript.made", { day: day(now, language), time: time(now) }), ""];
  let last = null;
  for (const { text, metadata } of messages) {
    const date = new Date(metadata.created_at);
    if (dayKey(date) !== last) {
      last = dayKey(date);
      lines.push(`— ${day(date, language)} —`, "");
    }
    lines.push(`[${time(date)}] ${plain(speaker(metadata)).replace(/\n/g, " ")}`);
    // Indented, so that no message can look like the head of another.
    const words = metadata.author === "applicant" ? text : spoken(text, true);
    for (const line of plain(words).split("\n")) lines.push(line.trim() ? `    ${line}` : "");
    for (const source of metadata.sources ?? []) {
      if (source.url) lines.push(`    ${plain(source.title)}: ${plain(source.url)}`);
    }
    lines.push("");
  }
  return lines.join("\r\n");
}

/** Hand a text to the applicant as a file; what is read by programs has no mark at its beginning. */
export function save(text, name, type = "text/plain") {
  const mark = type === "text/plain" ? "\ufeff" : "";
  const address = URL.createObjectURL(new Blob([mark, text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
