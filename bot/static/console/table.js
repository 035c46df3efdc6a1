/** A table whose columns sort what it shows, and which becomes a list of cards where there is no room for columns. */
import { html, useMemo, useState } from "./view.js";
import { useDesk } from "./desk.js";
import { Icon } from "./icons.js";

/**
 * The table. `columns` are `{key, title, cell(row), sort?(row), wide?}`; `keyOf(row)` tells rows apart.
 * A column without `sort` cannot be sorted by.
 */
export function Table({ caption, columns, rows, keyOf, empty }) {
  const { t } = useDesk();
  const [by, setBy] = useState(null);
  const sorted = useMemo(() => {
    const column = by && columns.find(({ key }) => key === by.key);
    if (!column) return rows;
    const value = (row) => column.sort(row) ?? "";
    const order = (one, other) => (typeof one === "number" && typeof other === "number" ? one - other : String(one).localeCompare(String(other), t.lang));
    return [...rows].sort((one, other) => order(value(one), value(other)) * (by.down ? -1 : 1));
  }, [rows, by, columns]);
  const turn = (key) => setBy((old) => (old?.key === key ? (old.down ? null : { key, down: true }) : { key, down: false }));
  if (!rows.length) return html`<p class="empty-table">${empty}</p>`;
  const direction = (key) => (by?.key !== key ? "none" : by.down ? "descending" : "ascending");
  return html`<div class="table-wrap"><table role="table"><caption class="unseen">${caption}</caption>
    <thead role="rowgroup"><tr role="row">${columns.map(({ key, title, sort }) => html`<th key=${key} role="columnheader" scope="col" aria-sort=${sort ? direction(key) : undefined}>
      ${sort ? html`<button type="button" class="sort" onClick=${() => turn(key)}>${title}<span class=${`sort-sign ${direction(key)}`}><${Icon} name="down" /></span></button>` : title}</th>`)}</tr></thead>
    <tbody role="rowgroup">${sorted.map((row) => html`<tr role="row" key=${keyOf(row)}>${columns.map(({ key, title, cell, wide }) => html`<td key=${key} role="cell" class=${wide ? "wide-cell" : ""}><span class="cell-name" aria-hidden="true">${title}</span><div class="cell">${cell(row)}</div></td>`)}</tr>`)}</tbody>
  </table></div>`;
}
