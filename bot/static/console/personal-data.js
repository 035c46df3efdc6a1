/** What an applicant may ask the office for: their data given out as a file, or erased; both end with a receipt. */
import { html, useEffect, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { go } from "./route.js";
import { Button, Confirm, Dialog, Field } from "./controls.js";
import { announce } from "./announce.js";

const LEAST = 3;
const NAMED = ["messages", "left_messages", "staff_notes", "conversation_tags", "feedback", "ratings", "consents", "subscriptions"];

/** The part about it beside a conversation, for those who may. */
export function PersonalData({ row, id, name }) {
  const { t, may } = useDesk();
  const [asking, setAsking] = useState(null);
  if (!may("personal_data:export") && !may("personal_data:erase")) return null;
  return html`<section><h3>${t("personal.title")}</h3><p class="none">${t("personal.lead")}</p>
    <div class="buttons">${may("personal_data:export") && html`<${Button} icon="down" onClick=${() => setAsking("export")}>${t("personal.export")}</${Button}>`}
      ${may("personal_data:erase") && html`<${Button} kind="danger-quiet" icon="cross" onClick=${() => setAsking("erase")}>${t("personal.erase")}</${Button}>`}</div>
    ${asking && html`<${Ask} what=${asking} row=${row} id=${id} name=${name} onClose=${() => setAsking(null)} />`}</section>`;
}

function Ask({ what, row, id, name, onClose }) {
  const { t, api, board, receipt, officer } = useDesk();
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const code = String(row.applicant ?? "").split(" ").at(-1);
  const erases = what === "erase";
  const act = async () => {
    if (reason.trim().length < LEAST) throw { words: t("personal.say_why") };
    if (erases && typed.trim().toUpperCase() !== code.toUpperCase()) throw { words: t("personal.not_typed", { code }) };
    const answer = await api.post(`conversations/${encodeURIComponent(id)}/personal_data/${what}`, { reason: reason.trim() });
    if (!erases) save(answer);
    receipt.set({ what, number: answer.receipt, at: answer.at ?? answer.made_at, rows: answer.rows, name, by: officer.name });
    if (!erases) return;
    go(["board"]);
    board.refresh();
  };
  return html`<${Confirm} title=${t(`personal.title_${what}`, { name })} text=${t(`personal.text_${what}`)} yes=${t(`personal.${what}`)} kind=${erases ? "danger" : "main"} act=${act} onClose=${onClose}>
    <${Field} label=${t("personal.reason")} hint=${t("personal.reason_hint")}>${(given) => html`<input class="input" ...${given} data-first maxlength="200" value=${reason} onInput=${(event) => setReason(event.target.value)} />`}</${Field}>
    ${erases && html`<${Field} label=${t("personal.type", { code })}>${(given) => html`<input class="input code" ...${given} autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="20" value=${typed} onInput=${(event) => setTyped(event.target.value)} />`}</${Field}>`}
  </${Confirm}>`;
}

/** Has the browser keep what was given out as a file; nothing of it stays in the page. */
function save(data) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(data, null, 1)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `applicant-data-${data.receipt}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

/** The receipt of what was done last, to be copied or printed, until it is closed. */
export function Receipt() {
  const { t, receipt } = useDesk();
  const shown = useStore(receipt);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    setCopied(false);
    if (shown) announce(t(`personal.done_${shown.what}`));
  }, [shown]);
  if (!shown) return null;
  const rows = Object.entries(shown.rows ?? {});
  const others = rows.filter(([table]) => !NAMED.includes(table)).reduce((sum, [, count]) => sum + count, 0);
  const counted = [...rows.filter(([table]) => NAMED.includes(table)).map(([table, count]) => [t(`personal.of_${table}`), count]), ...(others ? [[t("personal.of_others"), others]] : [])];
  const lines = [[t("personal.number"), shown.number], [t("personal.at"), t.moment(shown.at)], [t("personal.whom"), shown.name], [t("personal.by"), shown.by], ...counted];
  const copy = async () => {
    const text = [t(`personal.receipt_${shown.what}`), ...lines.map(([key, value]) => `${key}: ${value}`), t(`personal.left_${shown.what}`)].join("\n");
    setCopied(await navigator.clipboard.writeText(text).then(() => true, () => false));
  };
  return html`<${Dialog} title=${t(`personal.receipt_${shown.what}`)} onClose=${() => receipt.set(null)}>
    <div class="receipt"><p>${t(`personal.done_${shown.what}`)}</p>
      <dl class="facts">${lines.map(([key, value]) => html`<div key=${key}><dt>${key}</dt><dd class="figures">${value}</dd></div>`)}</dl>
      <p>${t(`personal.left_${shown.what}`)}</p></div>
    <div class="buttons"><${Button} kind="main" icon=${copied ? "check" : "copy"} data-first onClick=${copy}>${t(copied ? "act.copied" : "act.copy")}</${Button}>
      <${Button} onClick=${() => print()}>${t("personal.print")}</${Button}><${Button} onClick=${() => receipt.set(null)}>${t("act.close_window")}</${Button}></div>
  </${Dialog}>`;
}
