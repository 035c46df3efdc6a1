/** Before one is in: sign in, the second step, and the first password by a one-time link. */
import { html, useEffect, useRef, useState } from "./view.js";
import { useAct, useDesk } from "./desk.js";
import { Button, Field, Notice, Refused } from "./controls.js";
import { Icon } from "./icons.js";
import { announce } from "./announce.js";
import { Marked } from "./applicant-view.js";

export const SHORTEST_PASSWORD = 12;

/** The token of a one-time link, if the address holds one; it is taken out of the address at once. */
function takeInvitation() {
  const found = /^#invite=([A-Za-z0-9_.~-]+)$/.exec(location.hash);
  if (found) history.replaceState(null, "", location.pathname);
  return found?.[1] ?? null;
}
let invitation = takeInvitation();

/** The page for people who are not signed in. */
export function Door({ phase, ended, again }) {
  const { t, setLanguage } = useDesk();
  const [token, setToken] = useState(invitation);
  useEffect(() => {
    const onHash = () => {
      const found = takeInvitation();
      if (found) setToken((invitation = found));
    };
    addEventListener("hashchange", onHash);
    document.title = `${t("signin.title")} · ${t("name")}`;
    return () => removeEventListener("hashchange", onHash);
  }, [t]);
  const other = t.language === "en" ? "zh" : "en";
  return html`<div class="door">
    <header class="door-head"><span class="brand"><img src="/static/console/icon.svg" alt="" width="28" height="28" />${t("name")}</span>
      <button type="button" class="button quiet" lang=${other === "zh" ? "zh-CN" : "en"} onClick=${() => setLanguage(other)}>${t("language.other")}</button></header>
    <main class="door-box" id="main">
      ${phase === "loading" && html`<div class="loading" aria-busy="true"><span class="unseen">${t("loading")}</span><div class="bone"></div><div class="bone"></div></div>`}
      ${phase === "unreachable" && html`<h1>${t("unreachable.title")}</h1><p>${t("unreachable.text")}</p><div class="buttons"><${Button} kind="main" onClick=${again}>${t("act.again")}</${Button}></div>`}
      ${phase === "door" && (token ? html`<${FirstPassword} token=${token} leave=${() => setToken((invitation = null))} />` : html`<${SignIn} ended=${ended} />`)}
    </main>
    <footer class="door-foot">${t("signin.notice")}</footer>
  </div>`;
}

function SignIn({ ended }) {
  const { t, api, enter } = useDesk();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [second, setSecond] = useState(false);
  const [code, setCode] = useState("");
  const [run, { busy, refusal }] = useAct();
  const codeBox = useRef(null);
  useEffect(() => {
    if (second) codeBox.current?.focus();
  }, [second]);

  const submit = (event) => {
    event.preventDefault();
    run(async () => {
      try {
        await enter(await api.post("sign_in", { login: login.trim(), password, ...(second ? { totp: code.replace(/\s/g, "") } : {}) }));
      } catch (error) {
        if (error.code !== "totp_needed") throw error;
        setSecond(true);
        announce(t("signin.second"));
      }
    });
  };

  return html`<h1>${t("signin.title")}</h1>
    ${ended && html`<${Notice} kind="caution">${t("signin.ended")}</${Notice}>`}
    <form class="form" onSubmit=${submit}>
      ${second
        ? html`<p>${t("signin.second")}</p>
          <${Field} label=${t("signin.code")} hint=${t("signin.code_hint")}>${(given) => html`<input class="input code" ref=${codeBox} ...${given} inputmode="numeric" autocomplete="one-time-code" maxlength="8" required value=${code} onInput=${(event) => setCode(event.target.value)} />`}</${Field}>`
        : html`<${Field} label=${t("signin.login")}>${(given) => html`<input class="input" ...${given} autocomplete="username" autocapitalize="none" spellcheck="false" required value=${login} onInput=${(event) => setLogin(event.target.value)} />`}</${Field}>
          <${Field} label=${t("signin.password")}>${(given) => html`<input class="input" ...${given} type="password" autocomplete="current-password" required value=${password} onInput=${(event) => setPassword(event.target.value)} />`}</${Field}>`}
      <${Refused} refusal=${refusal} />
      <div class="buttons"><button class="button main" disabled=${busy}><span>${t(second ? "signin.go_on" : "signin.go")}</span></button>
        ${second && html`<${Button} onClick=${() => (setSecond(false), setCode(""))}>${t("act.back")}</${Button}>`}</div>
    </form>`;
}

/** Two fields for a new password; `valid` is told while both agree and are long enough. */
export function NewPassword({ password, repeated, onPassword, onRepeated, login }) {
  const { t } = useDesk();
  const [left, setLeft] = useState(false);
  const differs = left && repeated !== "" && repeated !== password;
  return html`${login && html`<input class="unseen" tabindex="-1" aria-hidden="true" autocomplete="username" value=${login} readonly />`}
    <${Field} label=${t("password.new")} hint=${t("password.hint", { least: SHORTEST_PASSWORD })}>${(given) => html`<input class="input" ...${given} type="password" autocomplete="new-password" minlength=${SHORTEST_PASSWORD} maxlength="200" required value=${password} onInput=${(event) => onPassword(event.target.value)} />`}</${Field}>
    <${Field} label=${t("password.again")} error=${differs ? t("password.differs") : null}>${(given) => html`<input class="input" ...${given} type="password" autocomplete="new-password" required value=${repeated} onBlur=${() => setLeft(true)} onInput=${(event) => onRepeated(event.target.value)} />`}</${Field}>`;
}

function FirstPassword({ token, leave }) {
  const { t, api, enter } = useDesk();
  const [who, setWho] = useState(null);
  const [password, setPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  const [run, { busy, refusal }] = useAct();
  useEffect(() => {
    run(async () => setWho(await api.post("invitation/look", { token })));
  }, [token]);

  const submit = (event) => {
    event.preventDefault();
    if (password !== repeated) return;
    run(async () => {
      const found = await api.post("invitation/accept", { token, password });
      leave();
      await enter(found);
    });
  };

  if (!who) {
    return html`<h1>${t("invitation.title")}</h1><${Refused} refusal=${refusal} />
      ${refusal && html`<p>${t("invitation.ask")}</p><div class="buttons"><${Button} onClick=${leave}>${t("signin.title")}</${Button}></div>`}`;
  }
  return html`<h1>${t("invitation.title")}</h1><p>${t("invitation.text", { name: who.name, login: who.login })}</p>
    <form class="form" onSubmit=${submit}>
      <${NewPassword} login=${who.login} password=${password} repeated=${repeated} onPassword=${setPassword} onRepeated=${setRepeated} />
      <${Refused} refusal=${refusal} />
      <div class="buttons"><button class="button main" disabled=${busy || password.length < SHORTEST_PASSWORD || password !== repeated}><span>${t("invitation.go")}</span></button></div>
    </form>`;
}

// Lines are broken in the file for those who edit it, not for those who read it.
const unwrapped = (text) => text.replace(/([^\n])\n(?!\n)/g, (_whole, last) => (/[\u3000-\u9fff\uff00-\uffef]/.test(last) ? last : `${last} `));

/** The duty and privacy agreement, to be read and signed before any conversation is seen. */
export function Agreement() {
  const { t, api, officer, refreshMe, signOut } = useDesk();
  const [found, setFound] = useState(null);
  const [read, setRead] = useState(false);
  const [run, { busy, refusal }] = useAct();
  const title = useRef(null);
  useEffect(() => {
    run(async () => setFound(await api.get(`agreement?language=${t.language}`)));
    document.title = `${t("agreement.title")} · ${t("name")}`;
    title.current?.focus();
  }, [t.language]);
  const sign = (event) => {
    event.preventDefault();
    run(async () => {
      await api.post("agreement", { version: found.version, language: t.language });
      await refreshMe();
      announce(t("agreement.signed"));
    });
  };
  return html`<main class="page narrow" id="main"><h1 tabindex="-1" ref=${title}>${t("agreement.title")}</h1>
    <p class="lead">${t("agreement.text", { name: officer.name })}</p>
    ${found && html`<div class="agreement" tabindex="0" role="region" aria-label=${t("agreement.title")}><${Marked} text=${unwrapped(found.text)} lang=${t.lang} /><p class="hint">${t("agreement.version", { version: found.version })}</p></div>
    <form class="form" onSubmit=${sign}>
      <div class="check"><input type="checkbox" id="read" required checked=${read} onChange=${(event) => setRead(event.target.checked)} /><label for="read">${t("agreement.read")}</label></div>
      <${Refused} refusal=${refusal} />
      <div class="buttons"><button class="button main" disabled=${busy || !read}><${Icon} name="pencil" /><span>${t("agreement.sign")}</span></button><${Button} onClick=${signOut}>${t("shell.sign_out")}</${Button}></div>
    </form>`}
    ${!found && html`<${Refused} refusal=${refusal} />`}
  </main>`;
}
