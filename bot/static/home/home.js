/** The page at "/": opens the widget by its large button, and shows the line that embeds it. */

// The page speaks both languages at once, so the widget follows the reader's browser; its script runs after this one.
document.querySelector('script[src="/widget.js"]').dataset.language = /^zh/i.test(navigator.language) ? "zh" : "en";

const open = document.getElementById("open");
open.addEventListener("click", () => document.querySelector("permit-assistant")?.show());

const snippet = document.getElementById("snippet");
snippet.textContent = `<script src="${new URL("/widget.js", location.href)}" defer></script>`;

const copy = document.getElementById("copy");
copy.hidden = !navigator.clipboard;
copy.addEventListener("click", async () => {
  await navigator.clipboard.writeText(snippet.textContent);
  const before = [...copy.childNodes];
  copy.replaceChildren(copy.dataset.done);
  setTimeout(() => copy.replaceChildren(...before), 2000);
});
