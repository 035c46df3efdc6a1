/** The address in Chinese, large enough to be read by a driver from the back seat. */

import { h } from "../dom.js";
import { fresh } from "./pieces.js";

/** Open the view over the page; Escape and its button close it, and focus goes back to where it was. */
export function showDriver(station, context, host) {
  const { t } = context;
  const title = fresh("driver");
  const view = h("dialog", { class: "driver", "aria-labelledby": title },
    h("p", { class: "please", id: title },
      h("span", { lang: "zh-CN" }, t("cards.station.driver_said")),
      context.language === "zh" ? null : h("span", { class: "small" }, t("cards.station.driver_meaning"))),
    h("p", { class: "address", lang: "zh-CN" }, station.address_zh),
    h("p", { class: "place", lang: "zh-CN" }, station.name_zh),
    station.phone ? h("p", { class: "phone" }, station.phone) : null,
    h("div", { class: "actions" }, copying(station, context),
      h("button", { type: "button", class: "button", autofocus: true, onclick: () => view.close() }, t("cards.station.driver_close"))));
  view.addEventListener("close", () => view.remove());
  // Escape closes this view, not the window behind it too.
  view.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  host.append(view);
  view.showModal();
}

function copying(station, { t, announce }) {
  if (!navigator.clipboard) return null;
  const press = async (event) => {
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(`${station.address_zh} ${station.name_zh}`);
      button.textContent = t("cards.station.copied");
      announce(t("cards.station.copied"));
    } catch {
      button.textContent = t("cards.station.copy_failed");
      announce(t("cards.station.copy_failed"));
    }
  };
  return h("button", { type: "button", class: "button quiet", onclick: press }, t("cards.station.copy"));
}
