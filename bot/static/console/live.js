/** The live line to the gateway: one socket, its events, and whether it stands. */
import { io } from "/static/vendor/socket.io.js";
import { makeStore } from "./store.js";

const HERE_EVERY_MS = 20000;
const AGAIN_MS = 3000;

/**
 * The line of a signed-in person. `state` holds `{up, since}`: whether it stands, and since when it does not.
 * `refused` is called when the gateway turns the line away, to find out whether the session is over.
 */
export function makeLive({ refused }) {
  const socket = io("/staff", { path: "/socket.io", autoConnect: false, reconnectionDelay: 500, reconnectionDelayMax: 5000 });
  const state = makeStore({ up: false, since: null, before: false });
  let heart = 0, again = 0, wanted = false;

  const down = () => {
    clearInterval(heart);
    state.set((old) => (old.up || old.since === null ? { up: false, since: Date.now(), before: old.before } : old));
  };
  socket.on("connect", () => {
    clearInterval(heart);
    heart = setInterval(() => socket.emit("here", {}), HERE_EVERY_MS);
    socket.emit("here", {});
    state.set({ up: true, since: null, before: true });
  });
  socket.on("disconnect", (reason) => {
    down();
    if (reason === "io server disconnect" && wanted) retry();
  });
  socket.on("connect_error", () => {
    down();
    if (!socket.active && wanted) retry();
  });

  function retry() {
    clearTimeout(again);
    again = setTimeout(async () => {
      if (wanted && (await refused())) socket.connect();
      else if (wanted) retry();
    }, AGAIN_MS);
  }

  return {
    state,
    open() {
      wanted = true;
      socket.connect();
    },
    close() {
      wanted = false;
      clearInterval(heart);
      clearTimeout(again);
      socket.disconnect();
      state.set({ up: false, since: null, before: false });
    },
    /** Hears an event until the returned function is called. */
    on(event, listener) {
      socket.on(event, listener);
      return () => socket.off(event, listener);
    },
    /** Tells the gateway something that needs no answer; dropped while the line is down. */
    tell(event, body) {
      if (socket.connected) socket.emit(event, body);
    },
    /** Asks the gateway; `null` when there is no answer. */
    async ask(event, body) {
      if (!socket.connected) return null;
      try {
        return await socket.timeout(8000).emitWithAck(event, body);
      } catch {
        return null;
      }
    },
  };
}
