/** Accounts of the staff, for those who manage them. */
import { html, useState } from "./view.js";
import { useAct, useAnswer, useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { keep, route } from "./route.js";
import { Button, Confirm, Copy, Dialog, Field, Refused, Select, Waiting } from "./controls.js";
import { Icon } from "./icons.js";
import { Sessions } from "./sessions.js";
import { Table } from "./table.js";
import { useNames } from "./row.js";
import { announce } from "./announce.js";

const ROLES = ["trainee", "officer", "supervisor", "administrator"];

/** The page. */
export function Accounts() {
  const { t, api, officer } = useDesk();
  const { filters } = useStore(route);
  const names = useNames();
  const answer = useAnswer(() => api.get("accounts"), [t.language]);
  const [open, setOpen] = useState(null);
  const [link, setLink] = useState(null);
  const shut = () => setOpen(null);
  const done = (words) => (announce(words), answer.again());
  const all = answer.data ?? [];
  const rows = all.filter((account) => (!filters.role || account.role === filters.role) && (!filters.active || account.active === (filters.active === "yes")));
  const columns = [
    { key: "name", title: t("account.name"), sort: (row) => row.name, cell: (row) => html`<strong>${row.name}</strong><small class="figures">${row.login}</small>` },
    { key: "role", title: t("account.role"), sort: (row) => ROLES.indexOf(row.role), cell: (row) => t(`role.${row.role}`) },
    { key: "stations", title: t("account.stations"), cell: (row) => row.stations.map(names.station).join(", ") || t("account.no_station") },
    { key: "state", title: t("field.state"), sort: (row) => String(row.active), cell: (row) => html`<span class=${`state ${row.active ? "mine" : "closed"}`}>${t(row.active ? (row.has_password ? "account.active" : "account.invited") : "account.disabled")}</span>
      <small>${[row.totp ? t("account.totp_on") : t("account.totp_off"), row.role !== "administrator" && t(row.signed ? "account.signed" : "account.unsigned")].filter(Boolean).join(" · ")}</small>` },
    { key: "seen", title: t("account.seen"), sort: (row) => row.seen_at, cell: (row) => html`<span class="figures">${row.seen_at ? t.moment(row.seen_at) : t("account.never")}</span>` },
    { key: "acts", title: t("account.acts"), cell: (row) => html`<div class="cell-acts">
      <${Button} kind="small" icon="pencil" label=${t("account.edit_label", { name: row.name })} onClick=${() => setOpen({ kind: "edit", row })}>${t("account.edit")}</${Button}>
      <${Button} kind="small" label=${t("account.link_label", { name: row.name })} onClick=${() => setOpen({ kind: "link", row })}>${t("account.link")}</${Button}>
      <${Button} kind="small" label=${t("account.sessions_label", { name: row.name })} onClick=${() => setOpen({ kind: "sessions", row })}>${t("account.sessions")}</${Button}>
      ${row.id !== officer.id && html`<${Button} kind=${`small${row.active ? " danger-quiet" : ""}`} label=${t(row.active ? "account.disable_label" : "account.enable_label", { name: row.name })} onClick=${() => setOpen({ kind: "active", row })}>${t(row.active ? "account.disable" : "account.enable")}</${Button}>`}</div>` },
  ];
  const row = open?.row;
  return html`<main class="page" id="main" tabindex="-1"><div class="page-head"><h1>${t("page.accounts")}</h1><${Button} kind="main" icon="plus" onClick=${() => setOpen({ kind: "edit", row: null })}>${t("account.new")}</${Button}></div>
    <div class="bar"><${Field} label=${t("account.role")}>${(given) => html`<${Select} ...${given} none=${t("any.role")} value=${filters.role ?? ""} onPick=${(role) => keep({ ...filters, role })} options=${ROLES.map((role) => [role, t(`role.${role}`)])} />`}</${Field}>
      <${Field} label=${t("field.state")}>${(given) => html`<${Select} ...${given} none=${t("any.state")} value=${filters.active ?? ""} onPick=${(active) => keep({ ...filters, active })} options=${[["yes", t("account.active")], ["no", t("account.disabled")]]} />`}</${Field}></div>
    ${!answer.data ? html`<${Waiting} answer=${answer} rows=${5} />` : html`<${Table} caption=${t("page.accounts")} columns=${columns} rows=${rows} keyOf=${(each) => each.id} empty=${t("account.none")} />`}
    ${open?.kind === "edit" && html`<${Edit} account=${row} onClose=${shut} onDone=${(found) => (done(t("account.saved")), found.link && setLink({ link: found.link, name: found.account.name }))} />`}
    ${open?.kind === "link" && html`<${Confirm} title=${t("account.link_title", { name: row.name })} text=${t("account.link_text")} yes=${t("account.link_yes")} act=${async () => setLink({ link: (await api.post(`accounts/${row.id}/invitation`)).link, name: row.name })} onClose=${shut} />`}
    ${open?.kind === "active" && html`<${Confirm} title=${t(row.active ? "account.disable_title" : "account.enable_title", { name: row.name })} text=${t(row.active ? "account.disable_text" : "account.enable_text")} yes=${t(row.active ? "account.disable" : "account.enable")} kind=${row.active ? "danger" : "main"}
      act=${async () => (await api.post(`accounts/${row.id}/active`, { active: !row.active }), done(t("account.saved")))} onClose=${shut} />`}
    ${open?.kind === "sessions" && html`<${Dialog} title=${t("account.sessions_title", { name: row.name })} onClose=${shut} wide><${Sessions} base=${`accounts/${row.id}/sessions`} /></${Dialog}>`}
    ${link && html`<${Dialog} title=${t("account.link_ready", { name: link.name })} onClose=${() => setLink(null)}><p>${t("account.link_once")}</p><${Copy} text=${link.link} label=${t("account.link")} /></${Dialog}>`}
  </main>`;
}

function Edit({ account, onClose, onDone }) {
  const { t, api, choices } = useDesk();
  const [login, setLogin] = useState("");
  const [name, setName] = useState(account?.name ?? "");
  const [role, setRole] = useState(account?.role ?? "officer");
  const [stations, setStations] = useState(account?.stations ?? []);
  const [language, setLanguage] = useState(account?.language ?? "zh");
  const [run, { busy, refusal }] = useAct();
  const submit = async (event) => {
    event.preventDefault();
    let found = null;
    const body = { display_name: name.trim(), role, stations, language };
    const saved = await run(async () => {
      found = account ? { account: await api.patch(`accounts/${account.id}`, body) } : await api.post("accounts", { login: login.trim(), ...body });
    });
    if (saved) (onClose(), onDone(found));
  };
  return html`<${Dialog} title=${account ? t("account.edit_title", { name: account.name }) : t("account.new")} onClose=${onClose}><form class="form" onSubmit=${submit}>
    ${!account && html`<${Field} label=${t("account.login")} hint=${t("account.login_hint")}>${(given) => html`<input class="input" ...${given} data-first required maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" value=${login} onInput=${(event) => setLogin(event.target.value)} />`}</${Field}>`}
    <${Field} label=${t("account.name")} hint=${t("account.name_hint")}>${(given) => html`<input class="input" ...${given} required maxlength="80" autocomplete="off" value=${name} onInput=${(event) => setName(event.target.value)} />`}</${Field}>
    <${Field} label=${t("account.role")} hint=${t(`role.what_${role}`)}>${(given) => html`<${Select} ...${given} value=${role} onPick=${setRole} options=${ROLES.map((each) => [each, t(`role.${each}`)])} />`}</${Field}>
    <fieldset class="choices columns"><legend>${t("account.stations")}</legend><p class="hint">${t("account.stations_hint")}</p>${(choices?.stations ?? []).map(({ key, name: title }) => html`<label key=${key} class="choice"><input type="checkbox" checked=${stations.includes(key)} onChange=${(event) => setStations(event.target.checked ? [...stations, key] : stations.filter((each) => each !== key))} />${title}</label>`)}</fieldset>
    <${Field} label=${t("account.language")}>${(given) => html`<${Select} ...${given} value=${language} onPick=${setLanguage} options=${[["zh", "中文"], ["en", "English"]]} />`}</${Field}>
    ${account && account.role !== role && html`<p class="caution-text"><${Icon} name="warning" />${t("account.role_ends")}</p>`}
    <${Refused} refusal=${refusal} />
    <div class="buttons"><button class="button main" disabled=${busy}><span>${t(account ? "act.save" : "account.create")}</span></button><${Button} onClick=${onClose}>${t("act.cancel")}</${Button}></div>
  </form></${Dialog}>`;
}
