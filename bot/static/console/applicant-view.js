/** What the applicant sees, drawn by the widget's own modules, and here to be read only. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./view.js";
import { markdown } from "/static/widget/markdown.js";
import { lead, render } from "/static/widget/cards/index.js";

const SHEETS = ["/static/widget/cards/cards.css", "/static/console/card-frame.css"];
let sheets = null;
const words = new Map();

const loadSheets = () => (sheets ??= Promise.all(SHEETS.map(async (address) => new CSSStyleSheet().replace(await (await fetch(address)).text()))));

/** The widget's own texts, for the cards of a conversation in this language. */
async function loadWords(language) {
  if (!words.has(language)) {
    const answer = await fetch(`/widget/texts/${language}.json`);
    if (!answer.ok) throw new Error("texts");
    words.set(language, await answer.json());
  }
  return words.get(language);
}

/** A text of the assistant or an officer with its paragraphs, lists and links. */
export function Marked({ text, lang }) {
  const place = useRef(null);
  useLayoutEffect(() => {
    place.current.replaceChildren(markdown(text, document));
  }, [text]);
  return html`<div class="marked" lang=${lang} ref=${place}></div>`;
}

/** The text that stands above a card in the widget. */
export const leadOf = (card, text) => (card ? lead(card, text) : text);

/** A card as the applicant has it; what can be pressed there cannot be pressed here. */
export function Card({ card, message, onMissing }) {
  const host = useRef(null);
  const [failed, setFailed] = useState(false);
  const language = message.metadata.language === "zh" ? "zh" : "en";
  useEffect(() => {
    let wanted = true;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    Promise.all([loadWords(language), loadSheets()])
      .then(([table, adopted]) => {
        if (!wanted) return;
        const drawn = render(card, {
          language, message, phone: card.phone ?? "",
          t: (key, params = {}) => (table[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => params[name] ?? whole),
          send: () => undefined, announce: () => undefined, emit: async () => ({ ok: false }),
        });
        if (!drawn) throw new Error("card");
        for (const control of drawn.querySelectorAll("button, input, textarea, select")) control.disabled = true;
        root.adoptedStyleSheets = adopted;
        root.replaceChildren(drawn);
      })
      .catch(() => wanted && (setFailed(true), onMissing?.()));
    return () => {
      wanted = false;
    };
  }, [card, language]);
  return html`<div class="card-frame" hidden=${failed} ref=${host}></div>`;
}
