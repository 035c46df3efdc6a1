/** The page for a fault of the console itself: what was written is still there after going on. */
import { html, useErrorBoundary } from "./view.js";
import { useDesk } from "./desk.js";
import { Button } from "./controls.js";

/** Shows what is inside, or how to go on when drawing it failed. */
export function Crash({ children }) {
  const { t } = useDesk();
  const [error, reset] = useErrorBoundary((fault) => console.error(fault));
  if (!error) return children;
  return html`<main class="alone"><h1>${t("crash.title")}</h1><p>${t("crash.text")}</p>
    <div class="buttons"><${Button} kind="main" onClick=${reset}>${t("crash.on")}</${Button}><${Button} onClick=${() => location.reload()}>${t("crash.reload")}</${Button}></div></main>`;
}
