// A client that knows Rasa's protocol and nothing else. Lines on standard input are what its person types and does; lines on
// standard output are what it is told.
const { io } = require("socket.io-client");
const readline = require("node:readline");

const [url, transports] = process.argv.slice(2);
const tell = (event, body) => process.stdout.write(`${JSON.stringify([event, body ?? null])}\n`);

let session = null;
const socket = io(url, { transports: JSON.parse(transports), reconnectionDelay: 100, reconnectionDelayMax: 300, timeout: 20000 });

socket.on("connect", () => {
  tell("connect");
  socket.emit("session_request", { session_id: session });
});
socket.on("session_confirm", (confirmed) => {
  session = confirmed;
  tell("session_confirm", confirmed);
});
socket.on("bot_uttered", (message) => tell("bot_uttered", message));
socket.on("disconnect", (reason) => tell("disconnect", reason));

readline
  .createInterface({ input: process.stdin })
  .on("line", (line) => {
    const message = JSON.parse(line);
    socket.emit("user_uttered", { message, session_id: session, customData: { language: "en" }, unknown: [{ field: null }] });
  })
  .on("close", () => socket.close());
