/** The keys of the console, by `?`. */
import { html } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { prefs } from "./prefs.js";
import { Dialog, Notice } from "./controls.js";

const LIST = [["j", "k"], ["Enter"], ["f"]];
const CONVERSATION = [["c"], ["r"], ["n"], ["/"], ["d"], ["e"], ["t"], ["b"], ["x"], ["u"]];
const BOX = [["Enter"], ["Shift+Enter"], ["/"], ["Esc"]];

const Keys = ({ keys }) => keys.map((key) => html`<kbd key=${key}>${key}</kbd>`);

/** The window with the table of keys. */
export function KeyHelp({ pages, onClose }) {
  const { t } = useDesk();
  const on = useStore(prefs).shortcuts;
  const table = (group, rows) => html`<section class="key-group"><h3>${t(`keys.${group}`)}</h3><dl>
    ${rows.map((keys) => html`<div key=${keys[0]}><dt><${Keys} keys=${keys} /></dt><dd>${t(`keys.${group}_${keys[0].replace(/\W/g, (sign) => (sign === "/" ? "slash" : "_")).toLowerCase()}`)}</dd></div>`)}</dl></section>`;
  return html`<${Dialog} title=${t("keys.title")} onClose=${onClose} wide>
    ${!on && html`<${Notice} kind="caution">${t("keys.off")}</${Notice}>`}
    <div class="key-groups">
      ${table("list", LIST)}${table("conversation", CONVERSATION)}${table("box", BOX)}
      <section class="key-group"><h3>${t("keys.pages")}</h3><dl>${pages.map(({ name, key }) => html`<div key=${name}><dt><kbd>g</kbd> <kbd>${key}</kbd></dt><dd>${t(`page.${name}`)}</dd></div>`)}
        <div><dt><kbd>?</kbd></dt><dd>${t("keys.title")}</dd></div></dl></section>
    </div>
    <p class="hint">${t("keys.note")}</p>
  </${Dialog}>`;
}
