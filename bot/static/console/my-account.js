/** One's own account: password, second step, where one is signed in, and how the console behaves on this machine. */
import { html, useState } from "./view.js";
import { useAct, useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { prefer, prefs } from "./prefs.js";
import { askPermission, chime, permission } from "./alerts.js";
import { Button, Check, Field, Notice, Refused, Select } from "./controls.js";
import { NewPassword, SHORTEST_PASSWORD } from "./door.js";
import { Sessions } from "./sessions.js";
import { SecondStep } from "./second-step.js";

/** The page. */
export function MyAccount() {
  const { t, officer } = useDesk();
  return html`<main class="page narrow" id="main" tabindex="-1"><h1>${t("page.me")}</h1>
    <dl class="facts me"><div><dt>${t("account.name")}</dt><dd>${officer.name}</dd></div><div><dt>${t("account.login")}</dt><dd>${officer.login}</dd></div><div><dt>${t("account.role")}</dt><dd>${t(`role.${officer.role}`)}</dd></div>
      <div><dt>${t("account.stations")}</dt><dd>${officer.stations.map(({ name }) => name).join(", ") || t("account.no_station")}</dd></div></dl>
    <${Wishes} /><${Password} /><${SecondStep} />
    <section class="block"><h2>${t("session.title")}</h2><${Sessions} base="sessions" /></section>
  </main>`;
}

function Wishes() {
  const { t, setLanguage } = useDesk();
  const wishes = useStore(prefs);
  const [leave, setLeave] = useState(permission());
  const [run, { refusal }] = useAct();
  const notify = async (on) => {
    if (on && permission() !== "granted") setLeave(await askPermission());
    prefer({ notifications: on && permission() === "granted" });
  };
  return html`<section class="block"><h2>${t("wishes.title")}</h2><div class="form">
    <${Field} label=${t("wishes.language")}>${(given) => html`<${Select} ...${given} value=${t.language} onPick=${(language) => run(() => setLanguage(language))} options=${[["en", "English"], ["zh", "中文"]]} />`}</${Field}>
    <${Refused} refusal=${refusal} />
    <${Check} checked=${wishes.notifications && leave === "granted"} disabled=${leave === "missing"} onPick=${notify} hint=${t("wishes.notifications_hint")}>${t("wishes.notifications")}</${Check}>
    ${(leave === "denied" || leave === "missing") && html`<${Notice} kind="caution">${t(`wishes.${leave}`)}</${Notice}>`}
    <${Check} checked=${wishes.sound} onPick=${(sound) => (prefer({ sound }), sound && chime())} hint=${t("wishes.sound_hint")}>${t("wishes.sound")}</${Check}>
    <${Check} checked=${wishes.enterSends} onPick=${(enterSends) => prefer({ enterSends })} hint=${t("wishes.enter_hint")}>${t("wishes.enter")}</${Check}>
    <${Check} checked=${wishes.shortcuts} onPick=${(shortcuts) => prefer({ shortcuts })} hint=${t("wishes.shortcuts_hint")}>${t("wishes.shortcuts")}</${Check}>
    <p class="hint">${t("wishes.here")}</p></div></section>`;
}

function Password() {
  const { t, api, officer } = useDesk();
  const [open, setOpen] = useState(false);
  const [old, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  const [changed, setChanged] = useState(false);
  const [run, { busy, refusal }] = useAct();
  const submit = async (event) => {
    event.preventDefault();
    if (password !== repeated || !(await run(() => api.post("password", { old, new: password })))) return;
    [setOld, setPassword, setRepeated].forEach((set) => set(""));
    setChanged(true);
    setOpen(false);
  };
  return html`<section class="block"><h2>${t("password.title")}</h2>
    ${changed && html`<${Notice} kind="positive" icon="check"><span role="status">${t("password.changed")}</span></${Notice}>`}
    ${!open ? html`<div class="buttons"><${Button} onClick=${() => (setOpen(true), setChanged(false))}>${t("password.change")}</${Button}></div>` : html`<form class="form" onSubmit=${submit}>
      <${Field} label=${t("password.old")}>${(given) => html`<input class="input" ...${given} type="password" autocomplete="current-password" required value=${old} onInput=${(event) => setOld(event.target.value)} />`}</${Field}>
      <${NewPassword} login=${officer.login} password=${password} repeated=${repeated} onPassword=${setPassword} onRepeated=${setRepeated} />
      <${Refused} refusal=${refusal} /><p class="hint">${t("password.ends_others")}</p>
      <div class="buttons"><button class="button main" disabled=${busy || password.length < SHORTEST_PASSWORD || password !== repeated}><span>${t("password.change")}</span></button><${Button} onClick=${() => setOpen(false)}>${t("act.cancel")}</${Button}></div></form>`}
  </section>`;
}
