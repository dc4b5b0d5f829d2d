// What every notebook widget shares: the studio's style in a root of its own, the notebook's theme, and questions to the kernel.
import {h, fill, host, unpack} from "./kit.js";

/** Answers from the kernel, as the studio's server would give them. model: anywidget's. */
export class Kernel {
  constructor(model) {
    Object.assign(this, {model, live: false, waiting: new Map(), number: 0, view: String(Math.random()).slice(2)});
    this.hear = (message, buffers) => {
      const asked = message.view === this.view && this.waiting.get(message.number);
      if (!asked) return;
      this.waiting.delete(message.number);
      if (message.error) asked.reject(new Error(message.error));
      else if (buffers && buffers.length) asked.resolve(unpack(bytesOf(buffers[0])));
      else asked.resolve(message.found);
    };
    model.on("msg:custom", this.hear);
  }

  /** An answer: JSON, or {header, arrays}. bytes: sent along, where a question has them. */
  see(what, settings = {}, bytes = null) {
    const number = ++this.number, asked = Object.fromEntries(Object.entries(settings).filter(([, v]) => v !== null && v !== undefined && v !== "").map(([k, v]) => [k, String(v)]));
    return new Promise((resolve, reject) => {
      this.waiting.set(number, {resolve, reject});
      this.model.send({view: this.view, number, what, settings: asked}, undefined, bytes ? [bytes.buffer] : undefined);
    });
  }

  close() {
    this.model.off("msg:custom", this.hear);
  }
}

/** The bytes of a buffer as the notebook hands it over, alone. */
export function bytesOf(view) {
  return view.buffer ? view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) : view;
}

/** Makes the widget's root in a notebook's cell; returns where to draw, and how to say what went wrong. */
export function enter(el, style) {
  const root = el.shadowRoot || el.attachShadow({mode: "open"}), sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  root.adoptedStyleSheets = [sheet];
  const main = h("div", {class: "widget-main"}), notice = h("p", {class: "notice", role: "alert", hidden: true});
  root.replaceChildren(h("div", {class: "widget"}, notice, main));
  host.root = el;
  const dark = document.body.dataset.jpThemeLight === "false" || document.body.classList.contains("vscode-dark");
  if (dark || document.body.dataset.jpThemeLight || document.body.classList.contains("vscode-light")) el.dataset.theme = dark ? "dark" : "light";
  const tell = (text, good = true) => { fill(notice, h("span", {}, text)); notice.classList.toggle("good", good); notice.hidden = false; };
  return {main, tell, fail: (problem) => tell(problem.message || String(problem), false), quiet: () => { notice.hidden = true; }};
}
