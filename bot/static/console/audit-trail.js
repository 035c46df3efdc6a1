/** Who saw and changed what; what is filtered here is what the export holds. */
import { html, useEffect, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { address, keep, route } from "./route.js";
import { withQuery } from "./api.js";
import { Button, Field, Refused, Waiting } from "./controls.js";
import { Table } from "./table.js";

const FILTERS = ["actor", "action", "subject", "from", "to"];
const LATER_MS = 350;

/** The page. */
export function AuditTrail() {
  const { t, api, may } = useDesk();
  const { filters } = useStore(route);
  const [found, setFound] = useState({ status: "loading", rows: [], more: false, refusal: null });
  const asked = useRef(0), soon = useRef(0), changes = useRef({});
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, filters[name]]));
  const set = (name) => (event) => {
    changes.current[name] = event.target.value.trim();
    clearTimeout(soon.current);
    soon.current = setTimeout(() => {
      keep({ ...route.get().filters, ...changes.current });
      changes.current = {};
    }, LATER_MS);
  };
  async function look(before) {
    const turn = (asked.current += 1);
    setFound((old) => ({ ...old, status: before ? "more" : old.rows.length ? "ready" : "loading", refusal: null }));
    try {
      const { entries, more } = await api.get(withQuery("audit", { ...wanted, before }));
      if (turn === asked.current) setFound((old) => ({ status: "ready", rows: before ? [...old.rows, ...entries] : entries, more, refusal: null }));
    } catch (refusal) {
      if (turn === asked.current) setFound((old) => ({ ...old, status: "failed", refusal }));
    }
  }
  useEffect(() => {
    look();
  }, [FILTERS.map((name) => filters[name]).join("|")]);
  useEffect(() => () => clearTimeout(soon.current), []);

  const columns = [
    { key: "at", title: t("audit.at"), sort: (row) => row.at, cell: (row) => html`<span class="figures">${t.moment(row.at)}</span>` },
    { key: "actor", title: t("audit.actor"), sort: (row) => row.who?.name ?? row.actor, cell: (row) => row.who?.name ?? actor(row.actor, t) },
    { key: "action", title: t("audit.action"), sort: (row) => row.action, cell: (row) => html`${t.code("action", row.action)}${t.has(`action.${row.action}`) && html`<small class="figures">${row.action}</small>`}` },
    { key: "subject", title: t("audit.subject"), sort: (row) => row.subject, cell: (row) => html`${row.about?.name ?? ""}<small class="figures">${toTalk(row.subject) && may("conversation:read") ? html`<a href=${address(["board", toTalk(row.subject)])}>${row.subject}</a>` : row.subject}</small>` },
    { key: "detail", title: t("audit.detail"), wide: true, cell: (row) => html`<${Detail} detail=${row.detail} withheld=${row.withheld} />` },
  ];
  return html`<main class="page" id="main" tabindex="-1"><div class="page-head"><h1>${t("page.audit")}</h1><a class="button" href=${withQuery("/console/api/audit.csv", wanted)} download>${t("audit.export")}</a></div>
    <p class="lead">${t("audit.lead")}</p>
    <form class="bar" onSubmit=${(event) => event.preventDefault()}>
      ${["actor", "action", "subject"].map((name) => html`<${Field} key=${name} label=${t(`audit.${name}`)}>${(given) => html`<input class="input" ...${given} placeholder=${t(`audit.eg_${name}`)} value=${filters[name] ?? ""} maxlength="80" onInput=${set(name)} />`}</${Field}>`)}
      ${["from", "to"].map((name) => html`<${Field} key=${name} label=${t(`audit.${name}`)}>${(given) => html`<input class="input" type="date" ...${given} value=${filters[name] ?? ""} onChange=${set(name)} />`}</${Field}>`)}
      ${FILTERS.some((name) => filters[name]) && html`<${Button} onClick=${() => keep({})}>${t("act.clear")}</${Button}>`}
    </form>
    ${found.status === "loading" || (found.status === "failed" && !found.rows.length) ? html`<${Waiting} answer=${{ ...found, again: () => look() }} rows=${8} />`
      : html`<${Table} caption=${t("page.audit")} columns=${columns} rows=${found.rows} keyOf=${(row) => row.id} empty=${t("audit.none")} />`}
    ${found.rows.length > 0 && html`<${Refused} refusal=${found.refusal} />`}
    ${found.more && html`<div class="more"><${Button} disabled=${found.status === "more"} onClick=${() => look(found.rows.at(-1).id)}>${t("act.more")}</${Button}></div>`}
  </main>`;
}

/** The id of the conversation that an entry is about, or undefined. */
const toTalk = (subject) => /^conversation:(?!any$)(.+)$/.exec(subject)?.[1];

const actor = (name, t) => (name?.startsWith("staff:") ? t("audit.staff_n", { id: name.slice(6) }) : t.code("actor", name));

const CODED = { role: "role", presence: "presence", outcome: "outcome", state: "state", ended: "ended" };
const ACCOUNTS = ["wanted", "written_by"];

/** A value in words: codes by their texts, lists with commas, a change as the old value and the new one. */
function words(key, value, t) {
  if (Array.isArray(value)) return value.map((each) => words(key, each, t)).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).map(([name, pair]) => `${t.code("detail", name)} ${Array.isArray(pair) && pair.length === 2 ? pair.map((each) => words(name, each, t) || "–").join(" → ") : words(name, pair, t)}`).join("; ");
  }
  if (ACCOUNTS.includes(key)) return actor(`staff:${String(value).replace("staff:", "")}`, t);
  return CODED[key] ? t.code(CODED[key], value) : String(value);
}

/** The details of an entry as pairs. */
function Detail({ detail, withheld }) {
  const { t } = useDesk();
  const rows = Object.entries(detail ?? {}).map(([key, value]) => [key, value === null ? "" : words(key, value, t)]).filter(([, value]) => value !== "");
  return html`${withheld ? html`<em>${t("audit.withheld")}</em>` : ""}${rows.map(([key, value]) => html`<span class="detail" key=${key}><span class="detail-key">${t.code("detail", key)}</span> <span dir="auto">${value}</span></span>`)}`;
}
