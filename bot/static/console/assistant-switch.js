/** The switch of the assistant: a line for everybody while it is off, and the window that turns it. */
import { html, useEffect, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { Button, Confirm, Field, Notice } from "./controls.js";
import { announce } from "./announce.js";

const LEAST = 3;

/** What is known of the switch; null until it has been asked for. Asked again whenever it is turned and the line comes back. */
export function useSwitch() {
  const { t, api, live, assistant } = useDesk();
  useEffect(() => {
    const look = () => api.get("assistant").then(assistant.set, () => undefined);
    const off = [
      live.on("assistant_changed", ({ on }) => {
        announce(t(on ? "switch.now_on" : "switch.now_off"));
        look();
      }),
      live.state.watch(({ up }) => up && look()),
    ];
    look();
    return () => off.forEach((done) => done());
  }, [api, live, t]);
  return useStore(assistant);
}

/** The line while it is off. */
export function SwitchedOff({ standing, onTurn }) {
  const { t, may } = useDesk();
  if (!standing || standing.on) return null;
  return html`<div class="offline switched-off"><${Notice} kind="caution" icon="robot">
    <p><strong>${t("switch.is_off", { time: t.moment(standing.since), name: standing.name })}</strong> <span dir="auto">${standing.reason}</span></p>
    <p>${t("switch.what_off")}</p>
    ${may("assistant:switch") && html`<${Button} onClick=${onTurn}>${t("switch.turn_on")}</${Button}>`}
  </${Notice}></div>`;
}

/** Asks why, and turns it. */
export function SwitchDialog({ on, onClose }) {
  const { t, api, assistant } = useDesk();
  const [reason, setReason] = useState("");
  const act = async () => {
    if (reason.trim().length < LEAST) throw { words: t("switch.say_why") };
    assistant.set(await api.post("assistant", { on, reason: reason.trim() }));
  };
  const way = on ? "on" : "off";
  return html`<${Confirm} title=${t(`switch.title_${way}`)} text=${t(`switch.text_${way}`)} yes=${t(`switch.turn_${way}`)} kind=${on ? "main" : "danger"} act=${act} onClose=${onClose}>
    <${Field} label=${t("switch.reason")} hint=${t("switch.reason_hint")}>${(given) => html`<input class="input" ...${given} data-first maxlength="200" value=${reason} onInput=${(event) => setReason(event.target.value)} />`}</${Field}>
  </${Confirm}>`;
}
