/** The window itself: beside the page where there is room, over it on small screens, as large as the applicant makes it. */

import { h, icon } from "./dom.js";

const SMALL = "(max-width: 479.98px)";
// At 400 % zoom a screen is about 320 by 256: then the whole window scrolls, as the style sheet says.
const LOW = "(max-height: 420px)";
const NORMAL = { width: 400, height: 640 };
const WIDE = { width: 640, height: 900 };
const LEAST = { width: 320, height: 360 };
const STEP = 24;

export class Frame {
  constructor(widget) {
    this.widget = widget;
    this.size = widget.settings.window ?? { ...NORMAL };
    this.grip = h("button", { type: "button", class: "grip", onkeydown: (event) => this.key(event), onpointerdown: (event) => this.drag(event) },
      icon("grip"));
    this.element = h("dialog", { class: "panel", "aria-labelledby": "title" });
    this.element.addEventListener("cancel", (event) => {
      event.preventDefault();
      widget.escape();
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
      event.preventDefault();
      widget.escape();
    });
    this.small = window.matchMedia(SMALL);
    this.low = window.matchMedia(LOW);
    this.small.addEventListener("change", () => this.isOpen && this.reopen());
    window.visualViewport?.addEventListener("resize", () => this.fit());
    window.visualViewport?.addEventListener("scroll", () => this.fit());
    window.addEventListener("resize", () => this.fit());
  }

  get isOpen() {
    return this.element.open;
  }

  /** Whether the window takes the whole screen. */
  get full() {
    return this.small.matches;
  }

  /** Whether the window scrolls as a whole, because there is no room for a list that scrolls by itself. */
  get scrolls() {
    return this.full && this.low.matches;
  }

  get wide() {
    return this.size.width > NORMAL.width || this.size.height > NORMAL.height;
  }

  open() {
    if (this.isOpen) return;
    this.element.classList.toggle("full", this.full);
    // Over the whole screen the page behind must not be reached; beside the page it must stay usable.
    if (this.full) this.element.showModal();
    else this.element.show();
    this.fit();
  }

  close() {
    if (this.isOpen) this.element.close();
  }

  reopen() {
    const { root } = this.widget;
    const focused = root.activeElement;
    const { log } = this.widget;
    const top = log.view.scrollTop;
    this.close();
    this.open();
    // The window is now above what was above it: the address that is shown to a driver, on a phone that is turned.
    for (const view of this.element.querySelectorAll("dialog[open]")) {
      view.open = false;
      view.parentNode.append(view);
      view.showModal();
    }
    log.view.scrollTop = top;
    focused?.focus({ preventScroll: true });
    this.widget.update();
  }

  /** Keep within what the phone keyboard leaves, and within the screen. */
  fit() {
    const { style } = this.element;
    const view = window.visualViewport;
    // A page that is pinched larger is read through a smaller view; the window must not shrink with it.
    if (this.full && view && view.scale === 1) {
      style.setProperty("--top", `${view.offsetTop}px`);
      style.setProperty("--height", `${view.height}px`);
    } else {
      style.removeProperty("--top");
      const limit = { width: window.innerWidth - 32, height: window.innerHeight - 40 };
      style.setProperty("--width", `${Math.min(this.size.width, limit.width)}px`);
      style.setProperty("--height", `${Math.min(this.size.height, limit.height)}px`);
    }
  }

  resize(width, height, done = true) {
    const limit = (value, name, most) => Math.round(Math.max(LEAST[name], Math.min(value, Math.max(LEAST[name], most))));
    this.size = { width: limit(width, "width", window.innerWidth - 32), height: limit(height, "height", window.innerHeight - 40) };
    this.fit();
    if (done) {
      this.widget.set({ window: this.size });
      this.widget.announcer.say(this.widget.texts.t("head.size", this.size));
    }
  }

  toggleWide() {
    const to = this.wide ? NORMAL : WIDE;
    this.resize(to.width, to.height);
  }

  get left() {
    return this.widget.host.getAttribute("position") === "left";
  }

  key(event) {
    const side = this.left ? -1 : 1;
    const by = { ArrowLeft: [STEP * side, 0], ArrowRight: [-STEP * side, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key];
    if (!by) return;
    event.preventDefault();
    this.resize(Math.min(this.size.width, window.innerWidth - 32) + by[0], Math.min(this.size.height, window.innerHeight - 40) + by[1]);
  }

  drag(start) {
    if (start.button) return;
    const { width, height } = this.element.getBoundingClientRect();
    const side = this.left ? -1 : 1;
    this.grip.setPointerCapture(start.pointerId);
    const at = (event) => [width + side * (start.clientX - event.clientX), height + start.clientY - event.clientY];
    const move = (event) => this.resize(...at(event), false);
    const stop = (event) => {
      this.grip.removeEventListener("pointermove", move);
      if (event.type === "pointerup" && (event.clientX !== start.clientX || event.clientY !== start.clientY)) this.resize(...at(event));
    };
    this.grip.addEventListener("pointermove", move);
    this.grip.addEventListener("pointerup", stop, { once: true });
    this.grip.addEventListener("pointercancel", stop, { once: true });
  }

  update() {
    const { t } = this.widget.texts;
    this.grip.hidden = this.full;
    this.grip.setAttribute("aria-label", t("head.resize"));
    this.grip.title = t("head.resize");
  }
}
