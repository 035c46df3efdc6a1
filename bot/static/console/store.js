/** A value that views can watch. */
import { useEffect, useState } from "./view.js";

/** A store with `get`, `set` (a value or a function of the old one) and `watch`. */
export function makeStore(value) {
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      const found = typeof next === "function" ? next(value) : next;
      if (found === value) return;
      value = found;
      for (const watcher of [...watchers]) watcher(value);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/** The store's present value; the view is drawn again when it changes. */
export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(store.get());
    return store.watch(setValue);
  }, [store]);
  return value;
}
