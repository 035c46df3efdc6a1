/** Turns the little Markdown that answers use into elements: paragraphs, bold, lists, links to http, https and tel. */

const ITEM = /^(\s*)(?:[-*•]\s+|(\d{1,3})(?:[.)]\s+|、\s*))(.*)$/;
const INLINE = new RegExp(
  [
    String.raw`\*\*([^*\n]+)\*\*`,
    String.raw`\[([^\]\n]{1,300})\]\(([^\s()]{1,1000})\)`,
    String.raw`(https?:\/\/[^\s<>"'\u3000-\u303f\uff00-\uffef]{1,1000})`,
    // Numbers people call: land lines, 400 lines, public lines, and emergency numbers where one is explained.
    String.raw`(?<![\d-])(0\d{2,3}-\d{5,8}|400-\d{3}-\d{4}|123(?:33|45|60|66|67)|1(?:10|19|20)(?=\s?[（(]))(?![\d-])`,
  ].join("|"),
  "g",
);
// What reads as the name of a host, in any script that has letters like those of host names.
const HOST = /(?:[\p{L}\p{N}-](?<!\p{Script=Han}))+(?:\.(?:[\p{L}\p{N}-](?<!\p{Script=Han}))+)*\.(?:\p{L}(?<!\p{Script=Han})){2,}/gu;
const ALLOWED = new Set(["http:", "https:", "tel:"]);

/** The address if it may be linked, else null. */
export function safeAddress(text) {
  try {
    const url = new URL(text);
    // A name before the host makes an address look like somebody else's.
    return ALLOWED.has(url.protocol) && !url.username && !url.password ? url : null;
  } catch {
    return null;
  }
}

/** Whether a title can be read as the name of another host, or as another number, than the one that the link leads to. */
function misleads(title, address, url) {
  if (title === address) return !address.toLowerCase().includes(url.host);
  if (url.protocol === "tel:") {
    const read = title.replace(/\D/g, "");
    return read.length > 2 && !url.pathname.replace(/\D/g, "").endsWith(read);
  }
  const leads = (name) => url.hostname === name || url.hostname.endsWith(`.${name}`);
  return [...title.matchAll(HOST)].some(([name]) => !leads(name.toLowerCase()));
}

/** A link that opens beside the page; its text never names another host or number than the one it leads to. */
export function link(document, address, title) {
  const url = safeAddress(address);
  if (!url) return document.createTextNode(title === address ? title : `${title} (${address})`);
  const element = document.createElement("a");
  element.href = url.href;
  if (url.protocol !== "tel:") {
    element.target = "_blank";
    element.rel = "noopener noreferrer";
  }
  if (misleads(title, address, url)) title = url.protocol === "tel:" ? url.pathname : url.href;
  // Between words that run from right to left, a number or an address would otherwise be turned round.
  if (url.protocol === "tel:" || /^https?:/i.test(title)) element.dir = "ltr";
  element.textContent = title;
  return element;
}

function inline(document, text, parent, bold = true) {
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, strong, title, address, bare, phone] = match;
    parent.append(text.slice(end, match.index));
    end = match.index + whole.length;
    if (strong !== undefined && bold) {
      const element = document.createElement("strong");
      inline(document, strong, element, false);
      parent.append(element);
    } else if (title !== undefined) parent.append(link(document, address, title));
    else if (bare !== undefined) {
      const trimmed = bare.replace(/[.,;:!?)\]]+$/, "");
      parent.append(link(document, trimmed, trimmed), bare.slice(trimmed.length));
    } else if (phone !== undefined) parent.append(link(document, `tel:${phone}`, phone));
    else parent.append(whole);
  }
  parent.append(text.slice(end));
}

function paragraph(document, lines) {
  const element = document.createElement("p");
  element.dir = "auto";
  lines.forEach((line, number) => {
    if (number) element.append(document.createElement("br"));
    inline(document, line, element);
  });
  return element;
}

function list(document, items, from, depth = items[from].depth) {
  const first = items[from];
  const element = document.createElement(first.number ? "ol" : "ul");
  if (first.number && first.number !== "1") element.start = Number(first.number);
  let at = from;
  while (at < items.length && items[at].depth >= depth) {
    if (items[at].depth > depth && element.lastChild) {
      const [inner, next] = list(document, items, at);
      element.lastChild.append(inner);
      at = next;
    } else {
      const item = document.createElement("li");
      item.dir = "auto";
      inline(document, items[at].text, item);
      element.append(item);
      at += 1;
    }
  }
  return [element, at];
}

/** The text without its marks, to be heard or kept. */
export function spoken(text, addresses = false) {
  return text.replaceAll("**", "").replace(/\[([^\]\n]{1,300})\]\(([^\s()]{1,1000})\)/g, addresses ? "$1 ($2)" : "$1");
}

/** The elements that `text` stands for. */
export function markdown(text, document) {
  const fragment = document.createDocumentFragment();
  let lines = [];
  let items = [];
  const close = () => {
    if (lines.length) fragment.append(paragraph(document, lines));
    for (let at = 0; at < items.length; ) {
      const [element, next] = list(document, items, at);
      fragment.append(element);
      at = next;
    }
    lines = [];
    items = [];
  };
  for (const line of text.split("\n")) {
    const match = ITEM.exec(line);
    if (match) {
      if (lines.length) close();
      items.push({ depth: Math.min(3, Math.floor(match[1].length / 2)), number: match[2], text: match[3] });
    } else if (!line.trim()) close();
    else {
      if (items.length) close();
      lines.push(line.trim());
    }
  }
  close();
  return fragment;
}
