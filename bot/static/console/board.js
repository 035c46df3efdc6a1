/** The board: who waits and what is mine, the conversation, and what is known of the applicant. */
import { html, useEffect, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { useStore } from "./store.js";
import { address, go, keep, route } from "./route.js";
import { freshIn, sift } from "./board-state.js";
import { stepFocus, useKeys } from "./keys.js";
import { Button, Select, Waiting } from "./controls.js";
import { Icon } from "./icons.js";
import { Row } from "./row.js";
import { Conversation } from "./conversation.js";

const ROWS = ".queue a.row";
export const LANGUAGES = [["en", "English"], ["zh", "中文"]];

/** The board with the conversation that the address names. */
export function Board({ path }) {
  const { t } = useDesk();
  const { filters } = useStore(route);
  const id = path[0];
  useKeys({
    j: () => stepFocus(ROWS, 1),
    k: () => stepFocus(ROWS, -1),
  });
  return html`<main class=${`board${id ? " talking" : ""}`} id="main" tabindex="-1">
    <h1 class="unseen">${t("page.board")}</h1>
    <${Queue} open=${id} filters=${filters} />
    ${id
      ? html`<${Conversation} key=${id} id=${id} onDone=${() => go(["board"], filters)} />`
      : html`<section class="talk nothing" aria-label=${t("talk.region")}><div class="empty"><${Icon} name="inbox" /><p>${t("board.pick")}</p><p class="hint">${t("board.pick_keys")}</p></div></section>`}
  </main>`;
}

function Queue({ open, filters }) {
  const { t, board, may, officer } = useDesk();
  const state = useStore(board.store);
  useEffect(() => board.look(open), [open, state.mine]);
  const waiting = sift(state.queue, filters);
  const mine = sift(state.mine, filters);
  const others = sift(state.others, filters);
  const late = state.left_messages.filter((item) => Date.parse(item.due_at) < Date.now()).length;
  return html`<section class="queue" aria-label=${t("board.region")}>
    <${Filters} filters=${filters} />
    ${state.status !== "ready" ? html`<${Waiting} answer=${{ status: state.status, refusal: {}, again: board.refresh }} rows=${5} />` : html`
    <div class="queue-lists">
      ${may("conversation:claim") && html`<${Rows} title=${t("board.mine")} count=${mine.length} empty=${officer.presence === "ready" ? t("board.mine_none") : t("board.mine_away", { presence: t(`presence.${officer.presence}`) })} rows=${mine} open=${open} filters=${filters} read=${state.read} />`}
      <${Rows} title=${t("board.waiting")} count=${waiting.length} empty=${state.queue.length ? t("board.filtered") : t("board.waiting_none")} rows=${waiting} open=${open} filters=${filters} />
      ${others.length > 0 && html`<${Rows} title=${t("board.others")} count=${others.length} rows=${others} open=${open} filters=${filters} />`}
    </div>
    <footer class="queue-foot">
      <a href=${address(["messages"])}><${Icon} name="mail" />${t.n("board.left", state.left_messages.length)}${late ? html`<strong class="late"> · ${t.n("board.late", late)}</strong>` : ""}</a>
      <span>${t.n("board.ready", state.officers.filter(({ presence }) => presence === "ready").length)}</span>
    </footer>`}
  </section>`;
}

const Rows = ({ title, count, empty, rows, open, filters, read }) => html`<div class="rows"><h2>${title}<span class="count">${count}</span></h2>
  ${rows.length ? html`<ul>${rows.map((row) => html`<${Row} key=${row.id} row=${row} open=${row.id === open} filters=${filters} mine=${Boolean(read)} fresh=${read ? freshIn(row, open, read) : 0} />`)}</ul>` : html`<p class="none">${empty}</p>`}</div>`;

function Filters({ filters }) {
  const { t, choices } = useDesk();
  const used = ["language", "station", "topic"].filter((name) => filters[name]);
  const [shown, setShown] = useState(used.length > 0);
  const set = (name) => (value) => keep({ ...filters, [name]: value });
  useKeys({
    f: () => {
      setShown(true);
      requestAnimationFrame(() => document.querySelector("#board-filters select")?.focus());
    },
  });
  useEffect(() => {
    if (used.length) setShown(true);
  }, [used.length]);
  return html`<div class="filters">
    <div class="filters-head"><${Button} kind="quiet" icon="filter" aria-expanded=${shown ? "true" : "false"} aria-controls="board-filters" onClick=${() => setShown(!shown)}>${used.length ? t.n("board.filters_on", used.length) : t("board.filter")}</${Button}>
      ${used.length > 0 && html`<${Button} kind="quiet" onClick=${() => keep({})}>${t("act.clear")}</${Button}>`}</div>
    <div id="board-filters" class="filters-body" hidden=${!shown}>
      <${Select} aria-label=${t("field.language")} none=${t("any.language")} options=${LANGUAGES} value=${filters.language ?? ""} onPick=${set("language")} />
      <${Select} aria-label=${t("field.station")} none=${t("any.station")} options=${(choices?.stations ?? []).map(({ key, name }) => [key, name])} value=${filters.station ?? ""} onPick=${set("station")} />
      <${Select} aria-label=${t("field.topic")} none=${t("any.topic")} options=${(choices?.topics ?? []).map(({ name, title }) => [name, title])} value=${filters.topic ?? ""} onPick=${set("topic")} />
    </div>
  </div>`;
}
