/** The second step of signing in: turned on with the password and an authenticator app, turned off with the password. */
import { html, useEffect, useRef, useState } from "./view.js";
import { useAct, useDesk } from "./desk.js";
import { Button, Copy, Field, Notice, Refused } from "./controls.js";
import { announce } from "./announce.js";

const asPicture = (svg) => `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(svg)))}`;

/** The part of one's account about it. */
export function SecondStep() {
  const { t, api, officer, refreshMe } = useDesk();
  const [begun, setBegun] = useState(null);
  const [asking, setAsking] = useState(false);
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const box = useRef(null);
  // The button that was pressed is gone; whoever pressed it goes on typing.
  useEffect(() => box.current?.focus(), [asking, begun]);
  const [run, { busy, refusal, clear }] = useAct();
  const stop = () => (setBegun(null), setAsking(false), setCode(""), setPassword(""), clear());
  const begin = async (event) => {
    event.preventDefault();
    if (!(await run(async () => setBegun(await api.post("totp/begin", { password }))))) return;
    setAsking(false);
    setPassword("");
  };
  const finish = (path, body, words) => async (event) => {
    event.preventDefault();
    if (!(await run(async () => (await api.post(path, body), await refreshMe())))) return;
    stop();
    announce(t(words));
  };
  return html`<section class="block"><h2>${t("totp.title")}</h2>
    <p>${t(officer.totp ? "totp.is_on" : "totp.is_off")}</p>
    ${!begun && !asking && html`<div class="buttons"><${Button} kind=${officer.totp ? "danger-quiet" : ""} onClick=${() => setAsking(true)}>${t(officer.totp ? "totp.turn_off" : "totp.turn_on")}</${Button}></div>`}
    ${begun && html`<form class="form" onSubmit=${finish("totp/confirm", { code: code.replace(/\s/g, "") }, "totp.now_on")}>
      <p>${t("totp.scan")}</p><img class="qr" src=${asPicture(begun.svg)} alt=${t("totp.picture")} width="200" height="200" />
      <p>${t("totp.by_hand")}</p><${Copy} text=${begun.secret} label=${t("totp.secret")} />
      <${Field} label=${t("totp.code")}>${(given) => html`<input class="input code" ...${given} ref=${box} inputmode="numeric" autocomplete="one-time-code" maxlength="8" required value=${code} onInput=${(event) => setCode(event.target.value)} />`}</${Field}>
      <${Refused} refusal=${refusal} /><div class="buttons"><button class="button main" disabled=${busy}><span>${t("totp.turn_on")}</span></button><${Button} onClick=${stop}>${t("act.cancel")}</${Button}></div></form>`}
    ${asking && html`<form class="form" onSubmit=${officer.totp ? finish("totp/off", { password }, "totp.now_off") : begin}>${officer.totp && html`<${Notice} kind="caution">${t("totp.off_text")}</${Notice}>`}
      <${Field} label=${t("signin.password")}>${(given) => html`<input class="input" ...${given} ref=${box} type="password" autocomplete="current-password" required value=${password} onInput=${(event) => setPassword(event.target.value)} />`}</${Field}>
      <${Refused} refusal=${refusal} /><div class="buttons"><button class=${officer.totp ? "button danger" : "button main"} disabled=${busy}><span>${t(officer.totp ? "totp.turn_off" : "signin.go_on")}</span></button><${Button} onClick=${stop}>${t("act.cancel")}</${Button}></div></form>`}
  </section>`;
}
