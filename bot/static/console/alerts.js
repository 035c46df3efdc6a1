/** Tells people who look elsewhere: desktop notification, sound, and the count in the title. Never a word of an applicant. */
import { prefs } from "./prefs.js";

let audio = null;

/** Whether the browser can show notifications: `granted`, `denied`, `default` or `missing`. */
export const permission = () => ("Notification" in window ? Notification.permission : "missing");

/** Asks the browser's leave; call it from a click. */
export const askPermission = async () => ("Notification" in window ? Notification.requestPermission() : "missing");

/** Two short notes, quiet. */
export function chime() {
  try {
    audio ??= new AudioContext();
    const start = audio.currentTime;
    [660, 880].forEach((pitch, turn) => {
      const tone = audio.createOscillator(), loud = audio.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0, start + turn * 0.14);
      loud.gain.linearRampToValueAtTime(0.08, start + turn * 0.14 + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, start + turn * 0.14 + 0.22);
      tone.connect(loud).connect(audio.destination);
      tone.start(start + turn * 0.14);
      tone.stop(start + turn * 0.14 + 0.25);
    });
  } catch {
    // A browser that plays nothing before the first click is no fault.
  }
}

/** Shows a notification when nobody looks at the page, and sounds if that is wished. `tag` replaces an earlier one. */
export function alert(title, body, tag, open) {
  if (prefs.get().sound) chime();
  if (!prefs.get().notifications || document.hasFocus() || permission() !== "granted") return;
  try {
    const shown = new Notification(title, { body, tag, icon: "/static/console/icon.svg" });
    shown.onclick = () => {
      window.focus();
      open();
      shown.close();
    };
  } catch {
    // Some phones allow notifications to service workers only.
  }
}

/** Writes the title of the page, with what waits in front. */
export function setTitle(page, name, count) {
  document.title = `${count ? `(${count}) ` : ""}${page ? `${page} · ` : ""}${name}`;
}
