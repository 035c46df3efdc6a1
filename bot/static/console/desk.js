/** What every view of the console needs, handed down once. */
import { createContext, useCallback, useContext, useEffect, useState } from "./view.js";

const Context = createContext(null);

/** Hands the desk to everything inside. */
export const DeskProvider = Context.Provider;

/** `{t, api, live, outbox, board, me, setMe, choices, typed, signOut, setLanguage, …}` */
export const useDesk = () => useContext(Context);

/** What a call of the door gives: `{status: "loading" | "ready" | "failed", data, refusal, again}`; called again when `keys` change. */
export function useAnswer(call, keys) {
  const [found, setFound] = useState({ status: "loading", data: null, refusal: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let wanted = true;
    setFound((old) => ({ ...old, status: old.data ? "ready" : "loading" }));
    call().then(
      (data) => wanted && setFound({ status: "ready", data, refusal: null }),
      (refusal) => wanted && setFound((old) => ({ status: "failed", data: old.data, refusal })),
    );
    return () => {
      wanted = false;
    };
  }, [...keys, turn]);
  const again = useCallback(() => setTurn((old) => old + 1), []);
  return { ...found, again };
}

/** Something a person asks for: `[run, {busy, refusal, clear}]`; `run` gives whether it was done. */
export function useAct() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState(null);
  const run = useCallback(async (work) => {
    setBusy(true);
    setRefusal(null);
    try {
      await work();
      return true;
    } catch (error) {
      setRefusal(error);
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return [run, { busy, refusal, clear: () => setRefusal(null) }];
}
