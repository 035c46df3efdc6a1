/** The frame around every page: where one can go, who one is, and whether the line stands. */
import { html, useEffect, useRef, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { address, go, route } from "./route.js";
import { Button, Dialog, Menu, Notice, Select, wordsFor } from "./controls.js";
import { Icon } from "./icons.js";
import { useKeys } from "./keys.js";
import { setTitle } from "./alerts.js";
import { announce } from "./announce.js";
import { KeyHelp } from "./key-help.js";
import { SwitchDialog, SwitchedOff, useSwitch } from "./assistant-switch.js";
import { Receipt } from "./personal-data.js";
import { Agreement } from "./door.js";
import { Board } from "./board.js";
import { Search } from "./search.js";
import { LeftMessages } from "./left-messages.js";
import { Accounts } from "./accounts.js";
import { AuditTrail } from "./audit-trail.js";
import { MyAccount } from "./my-account.js";

const PAGES = [
  { name: "board", icon: "inbox", permission: "conversation:read", key: "q", view: Board },
  { name: "search", icon: "search", permission: "conversation:read", key: "s", view: Search },
  { name: "messages", icon: "mail", permission: "conversation:read", key: "m", view: LeftMessages },
  { name: "accounts", icon: "people", permission: "account:manage", key: "a", view: Accounts },
  { name: "audit", icon: "trail", permission: "audit:read", key: "t", view: AuditTrail },
  { name: "me", icon: "person", key: "i", view: MyAccount },
];

/** The console of a signed-in person. */
export function Shell() {
  const { t, may, officer, me } = useDesk();
  const { path } = useStore(route);
  const [helping, setHelping] = useState(false);
  const [turning, setTurning] = useState(false);
  const standing = useSwitch();
  const allowed = PAGES.filter((page) => !page.permission || may(page.permission));
  const page = allowed.find(({ name }) => name === path[0]) ?? allowed[0];
  const unsigned = may("conversation:read") && !officer.signed;

  useKeys({
    "?": () => setHelping(true),
    ...Object.fromEntries(allowed.map(({ name, key }) => [`g ${key}`, () => go([name])])),
  });
  useTitle(page.name, unsigned);

  // A link inside the page may not change the address, which says where one is.
  const skip = (event) => {
    event.preventDefault();
    document.getElementById("main")?.focus();
  };
  return html`<div class="shell">
    <a class="skip" href="#main" onClick=${skip}>${t("shell.skip")}</a>
    <header><div class="top">
      <a class="brand" href=${address([allowed[0].name])} aria-label=${t("name")}><img src="/static/console/icon.svg" alt="" width="24" height="24" /><span>${t("name")}</span></a>
      ${!unsigned && html`<${Pages} pages=${allowed.filter(({ name }) => name !== "me")} here=${page.name} />`}
      <div class="top-end">
        ${may("conversation:claim") && !unsigned && html`<${Presence} />`}
        <${Button} kind="quiet only-icon key-button" icon="help" label=${t("keys.title")} onClick=${() => setHelping(true)} />
        <${Person} standing=${standing} onTurn=${() => setTurning(true)} />
      </div></div>
      <${Line} />
      <${SwitchedOff} standing=${standing} onTurn=${() => setTurning(true)} />
      ${me.demo && html`<p class="demo">${t("shell.demo")}</p>`}
    </header>
    ${unsigned ? html`<${Agreement} />` : html`<${page.view} path=${path.slice(1)} key=${page.name} />`}
    ${turning && html`<${SwitchDialog} on=${!standing.on} onClose=${() => setTurning(false)} />`}
    <${Receipt} />
    ${helping && html`<${KeyHelp} pages=${allowed} onClose=${() => setHelping(false)} />`}
  </div>`;
}

function useTitle(page, unsigned) {
  const { t, board } = useDesk();
  const { queue, mine } = useStore(board.store);
  const count = queue.length + mine.filter((row) => row.unread > 0).length;
  useEffect(() => {
    if (!unsigned) setTitle(t(`page.${page}`), t("name"), count);
  }, [t, page, count, unsigned]);
}

function Pages({ pages, here }) {
  const { t, board } = useDesk();
  const { queue, left_messages: left } = useStore(board.store);
  const [open, setOpen] = useState(false);
  const counts = { board: queue.length, messages: left.length };
  const words = { board: "shell.count_waiting", messages: "shell.count_messages" };
  return html`<nav class=${`pages${open ? " open" : ""}`} aria-label=${t("shell.pages")}>
    <${Button} kind="quiet pages-button" icon="menu" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${t(`page.${here}`)}</${Button}>
    <ul>${pages.map(({ name, icon }) => html`<li key=${name}><a href=${address([name])} aria-current=${name === here ? "page" : undefined} onClick=${() => setOpen(false)}>
      <${Icon} name=${icon} /><span>${t(`page.${name}`)}</span>
      ${counts[name] ? html`<span class="count" aria-label=${t.n(words[name], counts[name])}>${counts[name]}</span>` : ""}</a></li>`)}</ul>
  </nav>`;
}

const PRESENCES = ["ready", "away", "off"];

function Presence() {
  const { t, api, officer, refreshMe } = useDesk();
  const [refusal, setRefusal] = useState(null);
  const pick = async (presence) => {
    try {
      setRefusal(null);
      await api.post("presence", { presence });
      await refreshMe();
      announce(t("presence.now", { presence: t(`presence.${presence}`) }));
    } catch (error) {
      setRefusal(error);
    }
  };
  const words = wordsFor(refusal, t);
  return html`<div class=${`presence ${officer.presence}`}><span class="dot" aria-hidden="true"></span>
    <${Select} aria-label=${t("presence.label")} value=${officer.presence} options=${PRESENCES.map((name) => [name, t(`presence.${name}`)])} onPick=${pick} />
    ${words && html`<p class="presence-refused" role="alert">${words}</p>`}</div>`;
}

function Person({ standing, onTurn }) {
  const { t, may, officer, signOut, outbox, setLanguage } = useDesk();
  const [leaving, setLeaving] = useState(false);
  const [refusal, setRefusal] = useState(null);
  const leave = () => signOut().catch(setRefusal);
  const other = t.language === "en" ? "zh" : "en";
  const items = [
    { key: "me", icon: "person", title: t("page.me"), act: () => go(["me"]) },
    { key: "language", icon: "line", title: t("language.other"), act: () => setLanguage(other).catch(setRefusal) },
    ...(standing && may("assistant:switch") ? [{ key: "switch", icon: "robot", title: t(standing.on ? "switch.turn_off" : "switch.turn_on"), act: onTurn }] : []),
    { key: "out", icon: "left", title: t("shell.sign_out"), act: () => (outbox.holds() ? setLeaving(true) : leave()) },
  ];
  return html`<${Menu} kind="quiet person" icon="person" label=${t("shell.person", { name: officer.name, role: t(`role.${officer.role}`) })} text=${officer.name} items=${items} />
    ${leaving && html`<${Dialog} title=${t("shell.sign_out")} onClose=${() => setLeaving(false)}><p>${t("shell.unsent")}</p><div class="buttons"><${Button} kind="danger" onClick=${leave}>${t("shell.leave_anyway")}</${Button}><${Button} onClick=${() => setLeaving(false)}>${t("act.cancel")}</${Button}></div></${Dialog}>`}
    ${refusal && html`<${Dialog} title=${t("error.not_done")} onClose=${() => setRefusal(null)}><p>${wordsFor(refusal, t)}</p></${Dialog}>`}`;
}

/** One line while the gateway cannot be reached; a short blink of the line is not worth it. */
function Line() {
  const { t, live } = useDesk();
  const { up, since, before } = useStore(live.state);
  const [shown, setShown] = useState(false);
  const wasShown = useRef(false);
  useEffect(() => {
    if (up || since === null) {
      setShown(false);
      if (wasShown.current) announce(t("offline.back"));
      wasShown.current = false;
      return undefined;
    }
    const timer = setTimeout(() => {
      setShown(true);
      wasShown.current = true;
      announce(t("offline.line", { time: t.time(since) }));
    }, before ? 800 : 4000);
    return () => clearTimeout(timer);
  }, [up, since]);
  return shown ? html`<div class="offline"><${Notice} kind="caution" icon="offline">${t("offline.line", { time: t.time(since) })}</${Notice}></div>` : null;
}
