/** The box: reply to the applicant, or private note, which nobody can take for each other. */
import { html, useEffect, useLayoutEffect, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { prefs } from "./prefs.js";
import { Button, Menu, Select } from "./controls.js";
import { Icon } from "./icons.js";
import { announce } from "./announce.js";
import { gap, ReadyReplies, useReadyReplies } from "./ready-replies.js";
import { CardDialog, CARDS } from "./card-forms.js";

const TYPING_AGAIN_MS = 3000;
const COUNT_FROM = 1500;
const MOST = 4000;
const TALLEST_PX = 200;

/** The box of one conversation; `hands` is given what the keys of the page do with it. */
export function Composer({ id, view, name, isMine, hands, reload, take }) {
  const { t, typed, outbox, live } = useDesk();
  const { may = {}, conversation } = view;
  const speech = may.reply ? "reply" : may.draft && !take && conversation.state !== "CLOSED" ? "draft" : null;
  const [tab, setTab] = useState(speech ? "reply" : "note");
  const [text, setText] = useState(typed.get(`${id}:${tab}`) ?? "");
  const [draft, setDraft] = useState(null);
  const [language, setLanguage] = useState(conversation.language === "zh" ? "zh" : "en");
  const [card, setCard] = useState(null);
  const [gapLeft, setGapLeft] = useState(false);
  const box = useRef(null), typing = useRef(0);
  const kind = tab === "note" ? "note" : speech;
  const ready = useReadyReplies({ box, text, write, on: kind === "reply" || kind === "draft", language });
  const { enterSends } = useStore(prefs);

  useLayoutEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(TALLEST_PX, area.scrollHeight + 2)}px`;
  }, [text, tab, kind]);
  const before = useRef(speech);
  useEffect(() => {
    if (speech && !before.current) pick("reply");
    before.current = speech;
  }, [speech]);
  useEffect(() => () => tell(false), []);

  /** Puts a text in the box; one that is not `meant` only asks for the list, and is nothing that was begun. */
  function write(value, meant = true) {
    setText(value);
    setGapLeft(false);
    if (!meant) return;
    typed.set(`${id}:${tab}`, value);
    if (!value) tell(false);
    else if (kind === "reply" && isMine && Date.now() - typing.current > TYPING_AGAIN_MS) tell(true);
  }
  function tell(on) {
    if (on || typing.current) live.tell("typing", { conversation_id: id, on });
    typing.current = on ? Date.now() : 0;
  }
  function pick(next) {
    setTab(next);
    setText(typed.get(`${id}:${next}`) ?? "");
    setGapLeft(false);
  }
  const focus = (next) => {
    if (next) pick(next);
    requestAnimationFrame(() => (box.current ?? document.querySelector(".composer button"))?.focus());
  };
  hands.current = {
    focus,
    replies: () => (speech && (focus("reply"), requestAnimationFrame(() => ready.open()))),
    cards: () => may.card !== false && may.reply && (pick("reply"), requestAnimationFrame(() => document.querySelector(".composer .cards-menu button")?.click())),
    toNote() {
      typed.set(`${id}:note`, [typed.get(`${id}:note`), typed.get(`${id}:reply`)].filter(Boolean).join("\n\n"));
      typed.delete(`${id}:reply`);
      focus("note");
    },
    edit(found) {
      pick("reply");
      setDraft(found);
      typed.set(`${id}:reply`, found.text);
      setText(found.text);
      focus();
    },
  };

  const send = () => {
    const words = text.trim();
    if (!words || words.length > MOST || !kind) return;
    const left = kind !== "note" && gap(words);
    if (left) {
      setGapLeft(true);
      const at = text.indexOf(left);
      box.current.focus();
      box.current.setSelectionRange(at, at + left.length);
      return;
    }
    const base = `conversations/${id}`;
    if (draft && kind === "reply") outbox.put({ conversation: id, kind: "reply", path: `${base}/drafts/${draft.id}/use`, body: { text: words }, text: words });
    else outbox.put({ conversation: id, kind, path: `${base}/${kind}`, body: kind === "reply" ? { text: words, language } : { text: words }, text: words });
    setDraft(null);
    tell(false);
    typed.delete(`${id}:${tab}`);
    setText("");
    if (kind !== "reply") announce(t(kind === "note" ? "note.kept" : "draft.kept"));
  };
  const onKeyDown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (ready.onKey(event)) return;
    if (event.key === "Escape") box.current.blur();
    else if (event.key === "Enter" && !event.shiftKey && (enterSends || event.ctrlKey || event.metaKey)) send();
    else return;
    event.preventDefault();
  };

  const tabs = [["reply", speech === "draft" ? "draft" : "reply", speech !== null], ["note", "note", may.note !== false]];
  const onTabs = (event) => {
    if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
    event.preventDefault();
    const next = tab === "reply" ? "note" : "reply";
    pick(next);
    event.currentTarget.querySelector(`#tab-${next}`).focus();
  };
  return html`<div class=${`composer ${kind ?? "locked"}`}>
    <div class="tabs" role="tablist" aria-label=${t("box.tabs")} onKeyDown=${onTabs}>${tabs.map(([key, looks]) => html`<button key=${key} id=${`tab-${key}`} type="button" role="tab" aria-selected=${tab === key ? "true" : "false"} aria-controls="box-panel" tabindex=${tab === key ? 0 : -1} class=${`tab ${looks}`} onClick=${() => (pick(key), focus())}>
      <${Icon} name=${looks === "reply" ? "send" : looks === "draft" ? "pencil" : "lock"} />${t(`box.${looks}`)}</button>`)}</div>
    <div class="panel" id="box-panel" role="tabpanel" aria-labelledby=${`tab-${tab}`}>
      ${kind === null ? html`<p class="locked-text">${t(take ? (conversation.state === "QUEUED" ? "box.claim_first" : "box.join_first") : conversation.state === "CLOSED" ? "box.closed" : may.note ? "box.not_yours" : "box.no_leave")}</p>${text && html`<p class="kept" dir="auto">${t("box.kept")} ${text}</p>`}` : html`
      <p class="who-sees" id="who-sees">${t(`box.sees_${kind}`, { name })}</p>
      ${draft && kind === "reply" && html`<p class="from-draft"><${Icon} name="pencil" />${t("draft.editing", { name: draft.by?.name ?? "" })}<${Button} kind="quiet small" onClick=${() => setDraft(null)}>${t("draft.detach")}</${Button}></p>`}
      <div class="box-wrap">
        ${ready.shown && html`<${ReadyReplies} ready=${ready} language=${language} />`}
        <textarea ref=${box} class="box" rows="2" dir="auto" lang=${kind === "reply" ? (language === "zh" ? "zh-CN" : "en") : undefined} value=${text} aria-label=${t(`box.label_${kind}`, { name })} aria-describedby="who-sees box-hint"
          ...${ready.attributes} onInput=${(event) => write(event.target.value)} onKeyDown=${onKeyDown} onClick=${ready.look} onBlur=${() => tell(false)}></textarea>
      </div>
      ${gapLeft && html`<p class="field-error" role="alert"><${Icon} name="warning" />${t("box.gap")}</p>`}
      ${text.length > MOST && html`<p class="field-error" role="alert"><${Icon} name="warning" />${t("box.too_long", { most: MOST })}</p>`}
      <div class="box-foot">
        ${kind !== "note" && html`<div class="box-tools">
          <${Button} kind="quiet" icon="line" label=${t("replies.open")} onClick=${() => (box.current.focus(), ready.open())}>${t("replies.button")}</${Button}>
          ${kind === "reply" && may.card !== false && html`<div class="cards-menu"><${Menu} kind="quiet" icon="card" label=${t("cards.open", { name })} text=${t("cards.button")} items=${CARDS.map((found) => ({
            key: found, title: t(`card.${found}`), disabled: found === "status" && !view.proof?.proven, why: found === "status" && !view.proof?.proven ? t("cards.needs_proof") : null, act: () => setCard(found),
          }))} /></div>`}
          <${Select} aria-label=${t("box.language")} value=${language} onPick=${setLanguage} options=${[["en", "English"], ["zh", "中文"]]} />
        </div>`}
        <span class="box-hint" id="box-hint">${text.length >= COUNT_FROM ? t("box.count", { n: text.length, most: MOST }) : t(enterSends ? "box.enter" : "box.control_enter")}</span>
        <${Button} kind=${`main send ${kind}`} icon=${kind === "note" ? "lock" : kind === "draft" ? "pencil" : "send"} disabled=${!text.trim()} onClick=${send}>${t(`box.send_${kind}`)}</${Button}>
      </div>`}
    </div>
    ${card && html`<${CardDialog} kind=${card} id=${id} name=${name} language=${language} packet=${view.packet} reload=${reload} onClose=${() => setCard(null)} />`}
  </div>`;
}
