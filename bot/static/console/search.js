/** All conversations that one may see, by filters that stay in the address, and by words that do not. */
import { html, useEffect, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { address, keep, route } from "./route.js";
import { Button, Field, Refused, Select, Waiting } from "./controls.js";
import { useKeys } from "./keys.js";
import { Table } from "./table.js";
import { LANGUAGES } from "./board.js";
import { nameOf, Tongue, useNames } from "./row.js";

const STATES = ["BOT", "QUEUED", "WITH_STAFF", "CLOSED"];
const KEPT = ["state", "language", "topic", "station", "tag", "owner"];

/** The page. */
export function Search() {
  const { t, api, choices, board, officer } = useDesk();
  const { filters } = useStore(route);
  const { officers } = useStore(board.store);
  const [words, setWords] = useState("");
  const [found, setFound] = useState({ status: "loading", rows: [], more: false, refusal: null });
  const asked = useRef(0);
  const names = useNames();
  const set = (name) => (value) => keep({ ...filters, [name]: value });
  const people = [[String(officer.id), t("about.you")], ...officers.filter(({ id }) => id !== officer.id).map(({ id, name }) => [String(id), name])];

  async function look(before) {
    const turn = (asked.current += 1);
    setFound((old) => ({ ...old, status: before ? "more" : old.rows.length ? "ready" : "loading", refusal: null }));
    try {
      const { rows, more } = await api.post("conversations/search", { ...Object.fromEntries(KEPT.map((name) => [name, filters[name]])), q: words.trim(), before });
      if (turn === asked.current) setFound((old) => ({ status: "ready", rows: before ? [...old.rows, ...rows] : rows, more, refusal: null }));
    } catch (refusal) {
      if (turn === asked.current) setFound((old) => ({ ...old, status: "failed", refusal }));
    }
  }
  useEffect(() => {
    look();
  }, [KEPT.map((name) => filters[name]).join("|")]);
  useKeys({ f: () => document.querySelector("[role=search] input")?.focus() });

  const columns = [
    { key: "who", title: t("search.who"), cell: (row) => html`<a href=${address(["board", row.id])}>${nameOf(row, t)}</a>`, sort: (row) => row.applicant },
    { key: "line", title: t("search.line"), wide: true, cell: (row) => html`<span dir="auto" lang=${row.language}>${row.first_line || t("row.no_text")}</span>` },
    { key: "topic", title: t("field.topic"), cell: (row) => names.topic(row.topic), sort: (row) => names.topic(row.topic) },
    { key: "language", title: t("field.language"), cell: (row) => html`<${Tongue} language=${row.language} />`, sort: (row) => row.language },
    { key: "state", title: t("field.state"), cell: (row) => html`<span class=${`state ${row.state.toLowerCase()}`}>${row.state === "WITH_STAFF" ? t("state.with", { name: row.owner?.name ?? "" }) : t(`state.${row.state}`)}</span>`, sort: (row) => row.state },
    { key: "tags", title: t("about.tags"), cell: (row) => row.tags?.map((tag) => html`<span class="tag" key=${tag}>${tag}</span>`) },
    { key: "last", title: t("search.last"), cell: (row) => (row.last_message_at ? html`<span class="figures">${t.moment(row.last_message_at)}</span>` : ""), sort: (row) => row.last_message_at },
  ];
  const used = KEPT.some((name) => filters[name]);
  return html`<main class="page" id="main" tabindex="-1"><h1>${t("page.search")}</h1>
    <form class="search-bar" role="search" onSubmit=${(event) => (event.preventDefault(), look())}>
      <${Field} label=${t("search.words")} hint=${t("search.words_hint")} wide>${(given) => html`<div class="with-button"><input class="input" type="search" ...${given} value=${words} maxlength="200" onInput=${(event) => setWords(event.target.value)} /><button class="button main"><span>${t("search.go")}</span></button></div>`}</${Field}>
      <${Field} label=${t("field.state")}>${(given) => html`<${Select} ...${given} none=${t("any.state")} value=${filters.state ?? ""} onPick=${set("state")} options=${STATES.map((state) => [state, t(`state.${state}`)])} />`}</${Field}>
      <${Field} label=${t("field.language")}>${(given) => html`<${Select} ...${given} none=${t("any.language")} value=${filters.language ?? ""} onPick=${set("language")} options=${LANGUAGES} />`}</${Field}>
      <${Field} label=${t("field.topic")}>${(given) => html`<${Select} ...${given} none=${t("any.topic")} value=${filters.topic ?? ""} onPick=${set("topic")} options=${(choices?.topics ?? []).map(({ name, title }) => [name, title])} />`}</${Field}>
      <${Field} label=${t("field.station")}>${(given) => html`<${Select} ...${given} none=${t("any.station")} value=${filters.station ?? ""} onPick=${set("station")} options=${(choices?.stations ?? []).map(({ key, name }) => [key, name])} />`}</${Field}>
      <${Field} label=${t("field.owner")}>${(given) => html`<${Select} ...${given} none=${t("any.owner")} value=${filters.owner ?? ""} onPick=${set("owner")} options=${people} />`}</${Field}>
      <${Field} label=${t("field.tag")}>${(given) => html`<${Select} ...${given} none=${t("any.tag")} value=${filters.tag ?? ""} onPick=${set("tag")} options=${(choices?.tags ?? []).map((tag) => [tag, tag])} />`}</${Field}>
      ${used && html`<${Button} onClick=${() => keep({})}>${t("act.clear")}</${Button}>`}
    </form>
    ${found.status === "loading" || (found.status === "failed" && !found.rows.length) ? html`<${Waiting} answer=${{ ...found, again: () => look() }} rows=${6} />`
      : html`<${Table} caption=${t("page.search")} columns=${columns} rows=${found.rows} keyOf=${(row) => row.id} empty=${t("search.none")} />`}
    ${found.rows.length > 0 && html`<${Refused} refusal=${found.refusal} />`}
    ${found.more && html`<div class="more"><${Button} disabled=${found.status === "more"} onClick=${() => look(found.rows.at(-1).id)}>${t("act.more")}</${Button}></div>`}
  </main>`;
}
