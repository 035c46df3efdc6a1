/** The station card: where to go, whether it is open, and how to get there. */

import { h, icon } from "../dom.js";
import { link } from "../markdown.js";
import { showDriver } from "./driver.js";
import { hour } from "./moments.js";
import { nearest } from "./nearest.js";
import { dial, pairs, said, unfolding } from "./pieces.js";

const STATIONS = new URL("../../../widget/stations/", import.meta.url);
// What was true when it was asked is shown as of then once it is older than this.
const FRESH_MS = 10 * 60 * 1000;
const SHAPES = new Map([[true, "open"], [false, "closed"], [null, "unsure"]]);

export function station(card, context) {
  const { t, language } = context;
  const list = h("div", { class: "stations" });
  const title = h("p", { class: "muted small", hidden: true });
  const show = (stations) => list.replaceChildren(...stations.map((each, index) => entry(each, context, index > 0)));
  show(card.stations ?? []);
  return h("div", { class: "card station", role: "group", lang: language, "aria-label": t("cards.station.title") },
    title, list,
    [card.rest, ...(card.caveats ?? [])].filter(Boolean).map((note) => said(note)),
    positioning(card, context, title, show));
}

function entry(each, context, folded) {
  const { t, language } = context;
  const name = h("h3", {}, each.name);
  const chinese = language === "zh" || !each.name_zh ? null : h("p", { class: "other", lang: "zh-CN" }, each.name_zh);
  const where = [each.district, away(each, t)].filter(Boolean).join(" · ");
  const area = where ? h("p", { class: "muted area" }, where) : null;
  const body = [
    each.safe ? h("p", { class: "sure" }, each.safe) : null,
    each.call ? said(each.call, "notice") : null,
    pairs([
      [t("cards.station.hours"), each.hours],
      [t("cards.station.address"), addresses(each)],
    ]),
    actions(each, context),
    more(each, t),
  ];
  if (folded) {
    return h("details", { class: "place" }, h("summary", {}, name, area, state(each, context)), chinese, body.flat());
  }
  return h("article", { class: "place" }, name, chinese, area, state(each, context), body.flat());
}

function away(each, t) {
  if (each.distance_km === null || each.distance_km === undefined) return null;
  const kind = each.below_error ? "distance_below" : each.about ? "distance_about" : "distance";
  return t(`cards.station.${kind}`, { km: each.about ? each.distance_km.toFixed(0) : each.distance_km.toFixed(1) });
}

function state(each, { t, language }) {
  if (!each.state) return null;
  const old = each.as_of && Date.now() - new Date(each.as_of) > FRESH_MS && each.hours;
  return h("p", { class: `state ${old ? "unsure" : SHAPES.get(each.open_now ?? null)}` },
    h("span", { class: "dot", "aria-hidden": "true" }),
    h("span", {}, old ? `${t("cards.station.as_of", { moment: hour(each.as_of, language) })} ` : null, each.state));
}

function addresses({ address, address_zh: chinese }) {
  return chinese && chinese !== address ? [address, h("span", { lang: "zh-CN" }, chinese)] : address;
}

// AMap knows Shenzhen best; beside it the one that the device is likely to have.
const APPS = ["amap", /apple/i.test(navigator.vendor) || /mac/i.test(navigator.platform) ? "apple" : "google"];

function actions(each, context) {
  const { t } = context;
  const links = each.directions ?? each.map_links;
  const phone = each.phone ?? each.call_phone;
  const shown = [
    phone ? dial(phone, "", { class: "button quiet" }) : null,
    each.address_zh
      ? h("button", { type: "button", class: "button quiet", onclick: (event) => showDriver(each, context, event.target.closest(".card")) },
        t("cards.station.driver"))
      : null,
  ].filter(Boolean);
  if (phone) shown[0].append(icon("phone"), t("cards.station.call", { phone }));
  const ways = APPS.filter((name) => links?.[name]).map((name) => {
    const way = link(document, links[name], t(`cards.station.app_${name}`));
    way.className = "button quiet";
    return way;
  });
  return [
    shown.length ? h("div", { class: "actions" }, shown) : null,
    ways.length ? h("div", { class: "actions ways" }, h("span", { class: "muted" }, icon("place"), t("cards.station.directions")), ways) : null,
  ];
}

function more(each, t) {
  const list = pairs([
    [t("cards.station.services"), each.services ?? []],
    [t("cards.station.metro"), each.metro ?? []],
    [t("cards.station.notes"), (each.notes ?? []).map((note) => said(note, null))],
  ]);
  return list === null ? null : unfolding(t("cards.station.more"), list);
}

function positioning(card, context, title, show) {
  const { t, language, announce } = context;
  if (!navigator.geolocation) return null;
  const hint = h("p", { class: "muted small", role: "status" }, t("cards.station.position_hint"));
  const button = h("button", { type: "button", class: "button" }, icon("place"), t("cards.station.position"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    hint.textContent = t("cards.station.position_working");
    try {
      // The stations are asked for before the position, and are the same for everybody.
      const response = await fetch(new URL(`${language}.json`, STATIONS), { credentials: "omit" });
      const { stations } = await response.json();
      const { coords } = await position();
      const point = { lat: coords.latitude, lon: coords.longitude, error_km: (coords.accuracy ?? 0) / 1000 };
      const found = nearest(stations, point, card.matter ?? null).map((each) => ({ ...each, safe: each.safe_choice ? each.safe : null }));
      show(found);
      title.hidden = false;
      title.textContent = t("cards.station.from_here");
      hint.textContent = t("cards.station.position_hint");
      announce(`${title.textContent}: ${found.map((each) => [each.name, away(each, t)].join(", ")).join("; ")}`);
    } catch (error) {
      const refused = typeof GeolocationPositionError !== "undefined" && error instanceof GeolocationPositionError;
      hint.textContent = t(`cards.station.${refused ? "position_refused" : "position_failed"}`);
    }
    button.disabled = false;
    button.focus();
  });
  return h("div", { class: "foot locate" }, button, hint);
}

function position() {
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(resolve, reject, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
  });
}
