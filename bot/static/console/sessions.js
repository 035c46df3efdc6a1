/** Where an account is signed in, and ending that. */
import { html, useState } from "./view.js";
import { useAnswer, useDesk } from "./desk.js";
import { Button, Confirm, Waiting } from "./controls.js";

/** The list at `base` of the door. */
export function Sessions({ base }) {
  const { t, api } = useDesk();
  const answer = useAnswer(() => api.get(base), [base]);
  const [ending, setEnding] = useState(null);
  if (!answer.data) return html`<${Waiting} answer=${answer} rows=${2} />`;
  return html`<ul class="sessions">${answer.data.length === 0 && html`<li class="none">${t("session.none")}</li>`}
    ${answer.data.map((session) => html`<li key=${session.id}><div><strong>${session.described || t("session.unknown")}</strong>${session.current && html` <span class="state mine">${t("session.this")}</span>`}
      <small>${t("session.times", { began: t.moment(session.created_at), seen: t.moment(session.last_seen_at) })}</small></div>
      ${!session.current && html`<${Button} kind="small danger-quiet" label=${t("session.end_label", { what: session.described || t("session.unknown") })} onClick=${() => setEnding(session)}>${t("session.end")}</${Button}>`}</li>`)}
    ${ending && html`<${Confirm} title=${t("session.end_title", { what: ending.described || t("session.unknown") })} text=${t("session.end_text")} yes=${t("session.end")} kind="danger" act=${async () => (await api.remove(`${base}/${ending.id}`), answer.again())} onClose=${() => setEnding(null)} />`}</ul>`;
}
