/** The server's time, as far as this machine can tell it. */
import { useEffect, useState } from "./view.js";

let ahead = 0;

/** Sets the clock by a time that the server has just told. */
export function setClock(serverTime) {
  const told = Date.parse(serverTime);
  if (!Number.isNaN(told)) ahead = told - Date.now();
}

/** Now, in milliseconds. */
export const now = () => Date.now() + ahead;

/** Seconds from a time until now. */
export const since = (at, moment = now()) => Math.max(0, (moment - Date.parse(at)) / 1000);

/** Now; the view is drawn again every `everyMs`. */
export function useNow(everyMs = 15000) {
  const [moment, setMoment] = useState(now());
  useEffect(() => {
    const timer = setInterval(() => setMoment(now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return moment;
}
