/** Buttons, fields, dialogs and notices: the same everywhere. */
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./view.js";
import { Offline } from "./api.js";
import { useDesk } from "./desk.js";
import { Icon } from "./icons.js";

let ids = 0;
/** An id of its own for each place it is used in. */
export const useId = (prefix = "f") => useMemo(() => `${prefix}${(ids += 1)}`, []);

/** A button; `kind` is `main`, `quiet` or `danger`. `label` names it in full where the words inside are short. */
export function Button({ kind = "", icon, label, busy, children, ...rest }) {
  return html`<button type="button" class=${`button ${kind}`} aria-label=${label} title=${label} aria-busy=${busy ? "true" : undefined} ...${rest}>
    ${icon && html`<${Icon} name=${icon} />`}${children && html`<span>${children}</span>`}
  </button>`;
}

/** A button that is an icon alone. */
export const IconButton = ({ icon, label, kind = "quiet", ...rest }) => html`<${Button} kind=${`${kind} only-icon`} icon=${icon} label=${label} ...${rest} />`;

/** A labelled field; `children` is a function that draws the control with the attributes it is given. */
export function Field({ label, hint, error, children, wide }) {
  const id = useId();
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return html`<div class=${`field${wide ? " wide" : ""}`}>
    <label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": told, "aria-invalid": error ? "true" : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="field-error" id=${`${id}-error`}><${Icon} name="warning" />${error}</p>`}
  </div>`;
}

/** A choice from `options`, pairs of value and title; `none` is the title of choosing nothing. */
export function Select({ options, none, value, onPick, ...rest }) {
  return html`<select class="input" value=${value} onChange=${(event) => onPick(event.target.value)} ...${rest}>
    ${none !== undefined && html`<option value="" selected=${!value}>${none}</option>`}
    ${options.map(([key, title]) => html`<option key=${key} value=${key} selected=${key === value}>${title}</option>`)}
  </select>`;
}

/** A box to tick, with what it means beside it. */
export function Check({ checked, onPick, children, hint, ...rest }) {
  const id = useId();
  return html`<div class="check">
    <input type="checkbox" id=${id} checked=${checked} aria-describedby=${hint ? `${id}-hint` : undefined} onChange=${(event) => onPick(event.target.checked)} ...${rest} />
    <div><label for=${id}>${children}</label>${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}</div>
  </div>`;
}

/** A window above the page; Escape and the cross close it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children, wide }) {
  const { t } = useDesk();
  const box = useRef(null);
  const id = useId("d");
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = box.current;
    dialog.showModal();
    const wish = dialog.querySelector("[data-first]") ?? dialog.querySelector(".dialog-body :is(input, select, textarea, button)");
    (wish ?? dialog.querySelector("button"))?.focus();
    return () => {
      dialog.close();
      if (opener?.isConnected) opener.focus();
    };
  }, []);
  return html`<dialog ref=${box} class=${`dialog${wide ? " wide" : ""}`} aria-labelledby=${id} onCancel=${(event) => (event.preventDefault(), onClose())}>
    <div class="dialog-head"><h2 id=${id}>${title}</h2><${IconButton} icon="cross" label=${t("act.close_window")} onClick=${onClose} /></div>
    <div class="dialog-body">${children}</div>
  </dialog>`;
}

/** Asks before something that cannot be undone; `title` names its object, `missing` says what must be chosen first. */
export function Confirm({ title, text, yes, kind = "main", act, missing, onClose, children }) {
  const { t } = useDesk();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(null);
  const run = async (event) => {
    event.preventDefault();
    const lacking = event.currentTarget.querySelector(":invalid:not(fieldset)");
    if (lacking) {
      setRefusal({ words: missing });
      lacking.focus();
      return;
    }
    setBusy(true);
    setRefusal(null);
    try {
      await act();
      onClose();
    } catch (error) {
      setRefusal(error);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="form" novalidate=${Boolean(missing)} onSubmit=${run} onChange=${() => setRefusal(null)}>
      ${text && html`<p>${text}</p>`}
      ${children}
      <${Refused} refusal=${refusal} />
      <div class="buttons"><button class=${`button ${kind}`} disabled=${busy}><span>${yes}</span></button><${Button} onClick=${onClose}>${t("act.cancel")}</${Button}></div>
    </form>
  </${Dialog}>`;
}

/** The sentence for a call that failed; `null` when there is nothing to say. */
export function wordsFor(refusal, t) {
  if (!refusal) return null;
  if (refusal instanceof Offline) return t("offline.act");
  return refusal.words || t("error.unknown");
}

/** Why something was not done, beside where it was asked for. */
export function Refused({ refusal }) {
  const { t } = useDesk();
  const words = wordsFor(refusal, t);
  return html`<div class="refused" role="alert">${words && html`<p><${Icon} name="warning" />${words}</p>`}</div>`;
}

/** A line that stays until it is no longer true; `kind` is `info`, `caution`, `negative` or `positive`. */
export const Notice = ({ kind = "info", icon = "warning", children }) => html`<div class=${`notice ${kind}`}><${Icon} name=${icon} /><div>${children}</div></div>`;

/** The place of something that is being fetched, or could not be. */
export function Waiting({ answer, rows = 3 }) {
  const { t } = useDesk();
  if (answer.status === "failed") {
    return html`<div class="empty"><p>${wordsFor(answer.refusal, t)}</p>${answer.again && html`<${Button} onClick=${answer.again}>${t("act.again")}</${Button}>`}</div>`;
  }
  return html`<div class="loading" aria-busy="true"><span class="unseen">${t("loading")}</span>${Array.from({ length: rows }, () => html`<div class="bone"></div>`)}</div>`;
}

/** A button that opens a short list of things to do; arrow keys move in it. */
export function Menu({ label, icon, text, items, kind = "" }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const id = useId("m");
  useEffect(() => {
    if (!open) return undefined;
    box.current.querySelector("[role=menuitem]")?.focus();
    const outside = (event) => box.current.contains(event.target) || setOpen(false);
    addEventListener("pointerdown", outside);
    return () => removeEventListener("pointerdown", outside);
  }, [open]);
  const onKey = (event) => {
    if (!open) return;
    const all = [...box.current.querySelectorAll("[role=menuitem]")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) all[to % all.length].focus();
    else if (event.key === "Escape" || event.key === "Tab") shut();
    else return;
    if (event.key !== "Tab") event.preventDefault();
  };
  const shut = () => {
    setOpen(false);
    box.current.querySelector("button").focus();
  };
  return html`<div class="menu" ref=${box} onKeyDown=${onKey}>
    <${Button} kind=${kind} icon=${icon} label=${label} aria-haspopup="menu" aria-expanded=${open ? "true" : "false"} aria-controls=${open ? id : undefined} onClick=${() => setOpen(!open)}>${text}</${Button}>
    ${open && html`<div class="menu-list" role="menu" id=${id} aria-label=${label}>
      ${items.map((item) => html`<button key=${item.key} type="button" role="menuitem" tabindex="-1" disabled=${item.disabled} onClick=${() => (shut(), item.act())}>
        ${item.icon && html`<${Icon} name=${item.icon} />`}<span>${item.title}${item.why && html`<small>${item.why}</small>`}</span></button>`)}
    </div>`}
  </div>`;
}

/** A text with a button that copies it. */
export function Copy({ text, label }) {
  const { t } = useDesk();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text).catch(() => undefined);
    setDone(true);
  };
  return html`<div class="copy"><input class="input" readonly value=${text} aria-label=${label} onFocus=${(event) => event.target.select()} />
    <${Button} icon=${done ? "check" : "copy"} onClick=${copy}>${t(done ? "act.copied" : "act.copy")}</${Button}></div>`;
}
