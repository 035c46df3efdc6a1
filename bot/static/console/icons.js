/** Small line drawings; always beside a word, or with one for those who hear the page. */
import { html } from "./view.js";

const PATHS = {
  inbox: "M3 11h4l1.5 3h3L13 11h4M3 11l2.2-6.2h9.6L17 11v5H3z",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4",
  mail: "M3 5h14v10H3zM3 6l7 5 7-5",
  people: "M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM2.5 16c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5M13 4.3a2.7 2.7 0 0 1 0 5M14.5 11.8c1.8.5 3 2 3 4.2",
  trail: "M5 3h7l3 3v11H5zM8 8h4M8 11h4M8 14h2.5",
  person: "M10 10a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM4 17c0-3.2 2.7-5 6-5s6 1.8 6 5",
  help: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM7.8 7.9a2.3 2.3 0 1 1 3.4 2c-.8.4-1.2.9-1.2 1.8M10 14.2v.2",
  clock: "M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM10 6v4.2l2.8 1.8",
  warning: "M10 3 18 16.5H2zM10 8v4M10 14.2v.2",
  check: "m4 10.5 4 4 8-9",
  cross: "m5 5 10 10M15 5 5 15",
  send: "M3.5 10 16.5 4l-3.7 12.5-3.3-5zM9.5 11.5 16.5 4",
  lock: "M5.5 9h9v7.5h-9zM7.2 9V6.8a2.8 2.8 0 0 1 5.6 0V9",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  swap: "M4 7h11l-3-3M16 13H5l3 3",
  back: "M8 5 3.5 9.5 8 14M4 9.5h8a4.5 4.5 0 0 1 4.5 4.5v1.5",
  left: "M12 4 6 10l6 6",
  plus: "M10 4v12M4 10h12",
  down: "m5 8 5 5 5-5",
  card: "M3 4.5h14v11H3zM6 8h4M6 11h8",
  menu: "M3 6h14M3 10h14M3 14h14",
  pencil: "m4 13.5-.8 3.3 3.3-.8L16 6.5 13.5 4z",
  tag: "M3 10V4h6l8 8-6 6zM6.5 7.4v.2",
  offline: "M3 3l14 14M6.3 11.5a5.5 5.5 0 0 1 2-1.3M13.8 11.6a5 5 0 0 0-1-.8M3.5 8.5a10 10 0 0 1 2.6-1.7M16.5 8.5A10 10 0 0 0 9 6M10 15v.2",
  line: "M4 6h12M4 10h9M4 14h6",
  filter: "M3 5h14l-5.5 6v5l-3-1.5V11z",
  copy: "M7 7h9v9H7zM4 13V4h9",
  bell: "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 17.5h3",
  hand: "M10 3v7M6.8 5v6M13.2 5v6M4 9.5v3A5.5 5.5 0 0 0 9.5 18h1a5.5 5.5 0 0 0 5.5-5.5V8",
  robot: "M4 8h12v8H4zM10 8V4.5M8 4.5h4M7.5 11.5v1M12.5 11.5v1",
};

/** A drawing of 20 by 20; decoration only. */
export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
