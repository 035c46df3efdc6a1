/** Calls the console's door: JSON in, JSON out, with the CSRF token on every change. */
const BASE = "/console/api/";
const WITHIN_MS = 20000;

/** The door said no: `code`, `params`, the sentence for people, and the HTTP status. */
export class Refusal extends Error {
  constructor(status, error) {
    super(error.code);
    this.status = status;
    this.code = error.code;
    this.words = error.message;
    this.params = error.params ?? {};
  }
}

/** The door could not be reached; nobody knows whether it heard. */
export class Offline extends Error {}

const isGateway = (status) => status === 502 || status === 503 || status === 504;

/** The caller of the door. `signedOut` is called when the session is over; `language()` names the language of errors. */
export function makeApi({ language, signedOut }) {
  let csrf = "";

  async function call(method, path, body) {
    const headers = { Accept: "application/json", "Accept-Language": language() };
    if (method !== "GET") headers["X-CSRF-Token"] = csrf;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const cut = new AbortController();
    const timer = setTimeout(() => cut.abort(), WITHIN_MS);
    let response, data;
    try {
      response = await fetch(BASE + path, {
        method, headers, credentials: "same-origin", cache: "no-store", signal: cut.signal,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      data = response.status === 204 ? null : await response.json().catch(() => undefined);
    } catch {
      throw new Offline();
    } finally {
      clearTimeout(timer);
    }
    if (response.ok && data !== undefined) return data;
    if (data === undefined && (response.ok || isGateway(response.status))) throw new Offline();
    const refusal = new Refusal(response.status, data?.error ?? { code: "internal", message: "" });
    if (refusal.status === 401 && path !== "sign_in" && path !== "me") signedOut();
    throw refusal;
  }

  return {
    get: (path) => call("GET", path),
    post: (path, body = {}) => call("POST", path, body),
    patch: (path, body) => call("PATCH", path, body),
    remove: (path) => call("DELETE", path),
    trust(token) {
      csrf = token ?? "";
    },
  };
}

/** A path with those of `filters` that say something, as a query. */
export function withQuery(path, filters) {
  const query = new URLSearchParams(Object.entries(filters).filter(([, value]) => value !== "" && value !== null && value !== undefined));
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}
