/** Replies that a trainee has drafted, for an officer to use, change or set aside. */
import { html, useState } from "./view.js";
import { useAct, useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { Button, Refused } from "./controls.js";
import { Icon } from "./icons.js";

/** The drafts that are still open, above the box. */
export function Drafts({ view, id, name, reload, onEdit }) {
  const { t, api, officer, outbox } = useDesk();
  const [run, { busy, refusal }] = useAct();
  const [last, setLast] = useState(null);
  const pathOf = (draft) => `conversations/${id}/drafts/${draft.id}/use`;
  const going = useStore(outbox.items).map((item) => item.path);
  const drafts = (view.drafts ?? []).filter((draft) => !going.includes(pathOf(draft)));
  const may = view.may ?? {};
  const use = (draft) => outbox.put({ conversation: id, kind: "reply", path: pathOf(draft), text: draft.text });
  const dismiss = (draft) => run(async () => {
    await api.post(`conversations/${id}/drafts/${draft.id}/dismiss`);
    setLast(draft);
    await reload();
  });
  // What was set aside can be drafted again as it was.
  const undo = () => (outbox.put({ conversation: id, kind: "draft", path: `conversations/${id}/draft`, body: { text: last.text }, text: last.text }), setLast(null));
  if (!drafts.length && !last && !refusal) return null;
  return html`<section class="proposals" aria-label=${t("draft.region")}>
    ${drafts.map((draft) => html`<article key=${draft.id} class="proposal"><h3><${Icon} name="pencil" />${t("draft.by", { name: draft.by?.name ?? "" })}</h3><p class="plain" dir="auto">${draft.text}</p>
      <div class="buttons">${may.reply && html`<${Button} kind="main small" icon="send" label=${t("draft.use_label", { name })} onClick=${() => use(draft)}>${t("draft.use")}</${Button}><${Button} kind="small" onClick=${() => onEdit(draft)}>${t("draft.edit")}</${Button}>`}
        ${(may.reply || draft.by?.id === officer.id) && html`<${Button} kind="quiet small" disabled=${busy} onClick=${() => dismiss(draft)}>${t("draft.dismiss")}</${Button}>`}</div></article>`)}
    ${last && html`<p class="undo">${t("draft.dismissed", { name: last.by?.name ?? "" })}<${Button} kind="quiet small" onClick=${undo}>${t("act.undo")}</${Button}></p>`}
    <${Refused} refusal=${refusal} /></section>`;
}
