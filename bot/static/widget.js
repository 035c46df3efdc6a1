/* The loader: one script tag adds one element with one button; everything else is fetched after the first click. */
(() => {
  "use strict";
  const NAME = "permit-assistant";
  const TEXTS = __LAUNCHER_TEXTS__;
  const TOKEN = "permit-assistant.token";
  const SETTINGS = "permit-assistant.settings";
  const CONTROLS = "a[href],button,input,select,textarea,summary,iframe,video,[role=button],[role=link],[contenteditable],[tabindex]";
  const script = document.currentScript || document.querySelector('script[src*="widget.js"]');
  const base = new URL(".", script.src).href;
  const language = (tag) => {
    const name = String(tag || "").toLowerCase();
    return /^zh[-_](tw|hk|mo|hant)/.test(name) ? "zh-TW" : TEXTS.tongues.find((known) => known === name.split(/[-_]/)[0]) || null;
  };

  const CSS = `
    :host { all: initial; display: block; }
    .room { height: 88px; }
    .launcher {
      position: fixed; right: 20px; bottom: calc(20px + env(safe-area-inset-bottom)); z-index: 2147483000; box-sizing: border-box;
      display: flex; align-items: center; justify-content: center; gap: 10px; min-width: 56px; height: 56px; margin: 0;
      padding: 0 22px 0 18px; border: 1px solid transparent; border-radius: 28px; background: #0b5cad; color: #fff; cursor: pointer;
      font: 600 16px/1.2 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
      box-shadow: 0 6px 24px rgb(10 25 41 / .2); transition: background-color .15s;
    }
    :host([position=left]) .launcher { right: auto; left: 20px; }
    .launcher:hover { background: #094d92; }
    .launcher:focus-visible, .unloaded button:focus-visible, .unloaded a:focus-visible {
      outline: 2px solid #0b5cad; outline-offset: 2px; box-shadow: 0 0 0 6px #fff;
    }
    .launcher[hidden] { display: none; }
    svg { width: 26px; height: 26px; flex: none; }
    .unread {
      position: absolute; top: -5px; right: -3px; min-width: 24px; height: 24px; padding: 0 7px; box-sizing: border-box;
      border: 2px solid #fff; border-radius: 12px; background: #b3261e; color: #fff; font-size: 13px; line-height: 20px; text-align: center;
    }
    .unread:empty { display: none; }
    .busy svg { opacity: .5; }
    .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .unloaded {
      position: fixed; right: 20px; bottom: calc(88px + env(safe-area-inset-bottom)); z-index: 2147483000; box-sizing: border-box;
      width: min(340px, calc(100vw - 32px)); padding: 16px; border: 1px solid #d9dfe5; border-radius: 10px; background: #fff; color: #15191e;
      font: 400 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
      box-shadow: 0 6px 24px rgb(10 25 41 / .2);
    }
    :host([position=left]) .unloaded { right: auto; left: 20px; }
    .unloaded p { margin: 0 0 12px; }
    .unloaded a { color: #0b5cad; }
    .unloaded button {
      min-height: 44px; padding: 0 16px; border: 1px solid #0b5cad; border-radius: 10px; background: #fff; color: #0b5cad; font: inherit;
      font-weight: 600; cursor: pointer;
    }
    .unloaded.night, .unloaded.night button { border-color: #333c46; background: #1b2128; color: #eef1f4; }
    .unloaded.night a, .unloaded.night button { border-color: #6cb2ff; color: #6cb2ff; }
    @media (max-width: 599px) { .launcher { width: 56px; padding: 0; } .launcher .word { display: none; } }
    @media (prefers-reduced-motion: reduce) { .launcher { transition: none; } }
    @media (forced-colors: active) { .launcher { border-color: ButtonText; } .unread { border-color: ButtonText; } }
    @media print { .launcher, .unloaded { display: none; } }
  `;

  function make(tag, attributes, ...children) {
    const svg = tag === "svg" || tag === "path";
    const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function stored(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  }

  function chosenLanguage() {
    try {
      return language(JSON.parse(stored(SETTINGS) || "{}").language);
    } catch {
      return null;
    }
  }

  class PermitAssistant extends HTMLElement {
    static observedAttributes = ["language", "open"];
    hotline = TEXTS.hotline || null;
    tongues = TEXTS.tongues;

    connectedCallback() {
      // Several embeds on one page make one widget: the first element has it, the others stay empty.
      if (this.shadowRoot || document.querySelector(`${NAME}[ready]`)) return;
      this.toggleAttribute("ready", true);
      this.language = chosenLanguage() || language(this.getAttribute("language")) || language(document.documentElement.lang)
        || language(navigator.language) || "en";
      this.unread = 0;
      const root = this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
      this.word = make("span", { class: "word" });
      this.count = make("span", { class: "unread", "aria-hidden": "true" });
      const line = { fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" };
      const icon = make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" },
        make("path", { ...line, d: "M4 5h16v11H11l-5 4v-4H4z" }), make("path", { ...line, d: "M8 9h8M8 12.5h5" }));
      this.button = make("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false" },
        icon, this.word, this.count);
      this.button.addEventListener("click", () => this.show());
      this.status = make("div", { class: "sr", role: "status" });
      this.room = make("div", {});
      root.append(this.room, this.button, this.status);
      this.learn();
      this.watchPage();
      if (this.hasAttribute("open")) this.show(false);
      // A conversation that has begun goes on from page to page, so that an officer's answer is noticed.
      else if (stored(TOKEN)) (window.requestIdleCallback || setTimeout)(() => this.app().catch(() => {}));
    }

    attributeChangedCallback(name, before, after) {
      if (!this.button || before === after) return;
      if (name === "language" && language(after)) this.speak(language(after));
      if (name === "open" && this.started) this.started.then((app) => (after === null ? app.close() : app.open(false)));
      else if (name === "open" && after !== null) this.show(false);
    }

    /** Open the window; `focus` says whether the keyboard goes there too. */
    show(focus = true) {
      this.failure?.remove();
      this.button.classList.add("busy");
      this.button.setAttribute("aria-busy", "true");
      this.status.textContent = this.text("loading");
      return this.app().then((app) => app.open(focus), () => this.fail()).finally(() => {
        this.button.classList.remove("busy");
        this.button.removeAttribute("aria-busy");
        this.status.textContent = "";
      });
    }

    /** Close the window. */
    hide() {
      return this.started ? this.started.then((app) => app.close()) : Promise.resolve();
    }

    app() {
      this.tries = (this.tries || 0) + (this.started ? 0 : 1);
      this.started ||= import(`${base}widget/window.js${this.tries > 1 ? `?again=${this.tries}` : ""}`)
        .then((window) => window.start(this, base));
      this.started.catch(() => { this.started = null; });
      return this.started;
    }

    text(key, params = {}) {
      const text = (TEXTS[this.language] || TEXTS.en)[key];
      return text.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? "");
    }

    speak(chosen) {
      this.language = chosen;
      this.learn();
      this.dispatchEvent(new CustomEvent("speak", { detail: chosen }));
    }

    /** Label the button; words of most languages are fetched first, and until then it speaks English. */
    async learn() {
      this.relabel();
      const { language } = this;
      if (TEXTS[language]) return;
      try {
        TEXTS[language] = await (await fetch(`${base}widget/texts/launcher-${language}.json`, { credentials: "omit" })).json();
        this.relabel();
      } catch {
        // English says the same.
      }
    }

    /** Say on the button, and only there, how many messages are unread. */
    tell(unread) {
      if (unread !== this.unread) {
        this.unread = unread;
        this.relabel();
      }
    }

    relabel() {
      const unread = this.unread ? this.text(this.unread === 1 ? "unread_one" : "unread", { count: this.unread }) : "";
      const label = [this.text("label"), unread].filter(Boolean).join(", ");
      this.word.textContent = this.text("label");
      this.count.textContent = this.unread > 99 ? "99+" : this.unread || "";
      this.button.setAttribute("aria-label", label);
      this.button.title = label;
      this.button.lang = !TEXTS[this.language] ? "en" : this.language === "zh" ? "zh-CN" : this.language;
    }

    fail() {
      const [before, after] = this.text("failed").split("*");
      const again = make("button", { type: "button" }, this.text("again"));
      again.addEventListener("click", () => this.show());
      const call = make("a", { href: `tel:${this.hotline}` }, this.hotline || "");
      const theme = this.getAttribute("theme");
      const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
      this.failure = make("div", { class: `unloaded ${dark ? "night" : ""}`, role: "alert" }, make("p", {}, before || "", call, after || ""), again);
      this.failure.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        this.failure.remove();
        this.button.focus();
      });
      this.shadowRoot.append(this.failure);
    }

    /** Keep the button off the page's own controls: those that cannot be scrolled away, and the one that has the focus. */
    watchPage() {
      let planned = 0;
      const plan = () => {
        cancelAnimationFrame(planned);
        planned = requestAnimationFrame(() => this.stepAside());
      };
      for (const name of ["resize", "load", "scrollend"]) window.addEventListener(name, plan);
      document.addEventListener("focusin", plan);
      new MutationObserver(plan).observe(document.body, { childList: true });
      new ResizeObserver(plan).observe(document.body);
      plan();
    }

    stepAside() {
      if (this.button.hidden) return;
      const page = document.scrollingElement || document.documentElement;
      const scrolls = page.scrollHeight > page.clientHeight + 1 && getComputedStyle(document.body).display === "block";
      // At its end a page that scrolls gets room below its last control.
      if (scrolls || !this.room.className) this.room.className = scrolls && this.parentElement === document.body ? "room" : "";
      const stays = (element) => {
        if (element === document.activeElement || !scrolls) return true;
        for (let at = element; at && at !== document.body; at = at.parentElement) {
          if (/fixed|sticky/.test(getComputedStyle(at).position)) return true;
        }
        return false;
      };
      const set = (up) => this.button.style.setProperty("margin-bottom", `${up}px`);
      set(0);
      const highest = Math.max(0, Math.min(page.clientHeight - 160, 336));
      for (let up = 0; up <= highest; up += 24) {
        set(up);
        if (!this.covered(stays)) return;
      }
      set(0);
    }

    covered(stays) {
      const box = this.button.getBoundingClientRect();
      for (let x = 0; x <= 6; x += 1) {
        for (let y = 0; y <= 2; y += 1) {
          const point = [box.left + (box.width * x) / 6, box.top + (box.height * y) / 2];
          const under = document.elementsFromPoint(...point).find((element) => element !== this);
          const control = under?.closest(CONTROLS);
          if (control && stays(control)) return true;
        }
      }
      return false;
    }
  }

  if (!customElements.get(NAME)) customElements.define(NAME, PermitAssistant);
  const add = () => {
    if (!document.querySelector(NAME)) document.body.append(document.createElement(NAME));
    const element = document.querySelector(NAME);
    for (const name of ["language", "position", "theme", "open"]) {
      if (script.dataset[name] !== undefined && !element.hasAttribute(name)) element.setAttribute(name, script.dataset[name]);
    }
  };
  if (document.body) add();
  else document.addEventListener("DOMContentLoaded", add);
})();
