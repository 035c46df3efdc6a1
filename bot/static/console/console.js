/** Starts the console: language, session, and the one page. */
import { html, render, useEffect, useMemo, useState } from "./view.js";
import { firstLanguage, loadTexts } from "./texts.js";
import { prefer, prefs } from "./prefs.js";
import { makeApi, Offline } from "./api.js";
import { makeLive } from "./live.js";
import { makeOutbox } from "./outbox.js";
import { makeBoard } from "./board-state.js";
import { setClock } from "./clock.js";
import { DeskProvider } from "./desk.js";
import { arrivals } from "./arrivals.js";
import { Door } from "./door.js";
import { Shell } from "./shell.js";
import { Announcer } from "./announce.js";
import { makeStore } from "./store.js";
import { Crash } from "./crash.js";

/** The parts that live as long as the page, wired together once. */
function build(current) {
  const desk = {};
  desk.api = makeApi({ language: () => current.t.language, signedOut: () => current.signedOut() });
  desk.live = makeLive({
    refused: async () => {
      try {
        await desk.api.get("me");
        return true;
      } catch (error) {
        if (error.status !== 401) return false;
        current.signedOut();
        return false;
      }
    },
  });
  desk.changed = makeStore(0);
  desk.assistant = makeStore(null);
  desk.receipt = makeStore(null);
  desk.lost = makeStore({});
  desk.outbox = makeOutbox({
    api: desk.api,
    sent: async (item) => {
      desk.changed.set({ id: item.conversation });
      desk.board.refresh();
    },
    refused: (item, error) => {
      if (error.code === "conversation_lost") desk.lost.set((old) => ({ ...old, [item.conversation]: error.params.name ?? "" }));
      desk.changed.set({ id: item.conversation });
    },
  });
  desk.board = makeBoard({ api: desk.api, live: desk.live, arrived: (old, fresh) => arrivals(current, old, fresh) });
  desk.typed = new Map();
  return desk;
}

function Console() {
  const [t, setT] = useState(null);
  const [phase, setPhase] = useState("loading");
  const [me, setMe] = useState(null);
  const [choices, setChoices] = useState(null);
  const [ended, setEnded] = useState(false);
  const current = useMemo(() => ({ t: { language: firstLanguage(prefs.get().language) }, me: null, signedOut: () => undefined }), []);
  const parts = useMemo(() => build(current), []);
  Object.assign(current, { me, choices, ...(t ? { t } : {}) });

  current.signedOut = () => {
    if (!current.me) return;
    parts.live.close();
    parts.board.stop();
    setEnded(true);
    setMe(null);
    setPhase("door");
  };

  async function setLanguage(language) {
    const spoken = await loadTexts(language);
    document.documentElement.lang = spoken.lang;
    prefer({ language });
    current.t = spoken;
    setT(() => spoken);
  }

  /** Takes in a person whom the door knows. */
  async function enter(found) {
    parts.api.trust(found.csrf);
    setClock(found.server_time);
    if (current.t.language !== found.officer.language || !t) await setLanguage(found.officer.language);
    if (parts.person !== undefined && parts.person !== found.officer.id) {
      parts.typed.clear();
      parts.outbox.clear();
    }
    parts.person = found.officer.id;
    current.me = found;
    setMe(found);
    setEnded(false);
    setPhase("in");
  }

  async function start() {
    try {
      await setLanguage(current.t.language);
      await enter(await parts.api.get("me"));
    } catch (error) {
      setPhase(error instanceof Offline || !(error.status === 401 || error.status === 403) ? "unreachable" : "door");
    }
  }

  useEffect(() => {
    start();
    addEventListener("beforeunload", (event) => {
      const typing = [...parts.typed.values()].some((text) => text.trim());
      if (current.me && (parts.outbox.holds() || typing)) event.preventDefault();
    });
  }, []);

  const officer = me?.officer;
  useEffect(() => {
    if (!officer) return undefined;
    parts.api.get("choices").then(setChoices, () => undefined);
    return undefined;
  }, [officer?.id, t?.language]);

  useEffect(() => {
    if (!officer) return undefined;
    const off = [parts.live.on("signed_out", () => current.signedOut()), parts.live.state.watch(({ up }) => up && parts.outbox.flush())];
    parts.live.open();
    // Before the agreement is signed the gateway shows no conversation.
    if (officer.permissions.includes("conversation:read") && officer.signed) parts.board.start();
    return () => {
      off.forEach((done) => done());
      parts.live.close();
      parts.board.stop();
    };
  }, [officer?.id, officer?.signed]);

  const desk = useMemo(() => ({
    ...parts, t, me, officer, choices,
    may: (permission) => Boolean(officer?.permissions.includes(permission)),
    setLanguage: async (language) => {
      if (current.me) {
        await parts.api.post("language", { language });
        setMe((old) => ({ ...old, officer: { ...old.officer, language } }));
      }
      await setLanguage(language);
    },
    refreshMe: async () => {
      const found = await parts.api.get("me");
      parts.api.trust(found.csrf);
      setMe(found);
    },
    signOut: async () => {
      await parts.api.post("sign_out");
      current.me = null;
      parts.typed.clear();
      parts.outbox.clear();
      setMe(null);
      setEnded(false);
      setPhase("door");
    },
    enter,
  }), [t, me, choices]);

  if (!t) return phase === "unreachable" ? html`<p class="alone">Not reachable · 无法连接</p>` : null;
  return html`<${DeskProvider} value=${desk}><${Crash}>
    ${phase === "in" ? html`<${Shell} />` : html`<${Door} phase=${phase} ended=${ended} again=${start} />`}
    <${Announcer} />
  </${Crash}></${DeskProvider}>`;
}

const root = document.getElementById("console");
root.replaceChildren();
render(html`<${Console} />`, root);
