/** Where one is, kept in the part of the address behind `#`: `#/board/<conversation>?language=en`. */
import { makeStore } from "./store.js";

/** Reads an address; `path` holds the parts between slashes, `filters` the values behind the question mark. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decode), filters: Object.fromEntries(new URLSearchParams(query)) };
}

const decode = (part) => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** Writes an address that `parse` reads. */
export function address(path, filters = {}) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${query ? `?${query}` : ""}`;
}

export const route = makeStore(parse(location.hash));
addEventListener("hashchange", () => route.set(parse(location.hash)));

/** Goes to an address; the browser's back leads here again. */
export function go(path, filters = {}) {
  const next = address(path, filters);
  if (next !== location.hash) location.hash = next;
}

/** Keeps other filters in the address without a step in the browser's history. */
export function keep(filters) {
  const next = address(route.get().path, filters);
  if (next === location.hash) return;
  history.replaceState(null, "", next);
  route.set(parse(next));
}
