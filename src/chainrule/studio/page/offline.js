// An exported page: the Step place on steps that are stored in the page, and the run's curve with its epochs.
import {h, fill, count, short, say, unpack} from "./kit.js";
import {place, follow, go} from "./place.js";
import {Step} from "./step.js";
import {openKeys, lettersAct} from "./help.js";

/** Answers from what is stored in the page, as the server would give them. */
class StoredSource {
  constructor() {
    this.groups = new Map();
    this.live = false;
  }

  async group(name) {
    if (!this.groups.has(name)) {
      const el = [...document.querySelectorAll("script.stored")].find((s) => s.dataset.name === name);
      if (!el) throw new Error(`This page holds the steps ${this.steps.map(count).join(", ")}; ${name} is not in it.`);
      const bytes = Uint8Array.from(atob(el.textContent), (c) => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      const {header, arrays} = unpack(await new Response(stream).arrayBuffer());
      this.groups.set(name, {entries: header.entries, bytes: arrays.bytes});
    }
    return this.groups.get(name);
  }

  async entry(group, name, missing) {
    const {entries, bytes} = await this.group(group);
    if (!entries[name]) throw new Error(missing);
    const [kind, offset, length] = entries[name], part = bytes.slice(offset, offset + length);
    return kind === "json" ? JSON.parse(new TextDecoder().decode(part)) : unpack(part.buffer);
  }

  async see(what, q = {}) {
    if (what === "session" || what === "curve" || what === "data") {
      const found = await this.entry("base", what, "");
      if (what === "session") this.steps = found.steps;
      return found;
    }
    const group = `step ${q.step}`;
    if (what === "map") return this.map(group, q);
    if (what === "weight") {
      return this.entry(group, `weight ${q.layer}.${q.weight},${q.index}`, `The arithmetic of ${q.layer}.${q.weight}[${q.index.replaceAll(",", ", ")}] is not in this page: it holds that of the weights that move most.`);
    }
    if (what === "unit") throw new Error("The accounts of units are not in this page; the weights that move most and the examples are.");
    if (what === "example") return this.entry(group, `example ${q.example}`, `There is no example ${q.example}.`);
    return this.entry(group, what, `${what} is not in this page.`);
  }

  /** Weights as they are stored, rounded; a Dense's gradient from its factors: xᵀδ. */
  async map(group, q) {
    const stored = await this.entry(group, `map ${q.layer}.${q.weight}`, `The weights of ${q.layer} are not in this page.`);
    if (stored.arrays.levels) {
      const {levels, scale} = stored.arrays, values = new Float32Array(levels.length);
      for (let i = 0; i < values.length; i++) values[i] = (levels[i] - 128) * scale[i % scale.length];
      stored.arrays.values = values;
    }
    if (q.view === "weights") return stored;
    if (q.view !== "gradient" || q.weight !== "kernel" || stored.header.shape.length !== 2) throw new Error("Updates are not in this page as a map; the arithmetic of the chosen weights has them.");
    const {arrays} = await this.entry(group, "factors", ""), overview = await this.entry(group, "step", ""), links = overview.links, {sources} = links.find((l) => l.name === q.layer);
    const x = sources[0] ? arrays[`y:${sources[0]}`] : arrays.x, d = arrays[`d:${q.layer}`], [rows, columns] = stored.header.shape, n = overview.n, values = new Float32Array(rows * columns);
    for (let k = 0; k < n; k++) for (let i = 0; i < rows; i++) {
      const factor = x[k * rows + i];
      if (factor) for (let j = 0; j < columns; j++) values[i * columns + j] += factor * d[k * columns + j];
    }
    return {header: {...stored.header, rounded: false}, arrays: {values}};
  }
}

/** The page's app, with what the Step view needs of it. */
class OfflineApp {
  constructor() {
    this.source = new StoredSource();
    this.main = document.getElementById("main-content");
    this.notice = document.getElementById("notice");
  }

  async begin() {
    fill(document.getElementById("tools"), h("button", {type: "button", id: "theme", "aria-label": "Light or dark", onclick: () => this.theme()}, "◐"),
      h("button", {type: "button", id: "keys", "aria-label": "Keys", onclick: () => openKeys()}, "?"));
    fill(document.getElementById("places"), [["step", "Step"], ["run", "Run"]].map(([name, label]) => h("a", {href: `#place=${name}`, "data-place": name, onclick: (e) => { e.preventDefault(); go({place: name}); }}, label)));
    this.told = await this.source.see("session");
    this.view = new Step(this);
    for (const id of ["fork", "compute"]) this.view.el.querySelector(`#${id}`).hidden = true;
    follow(() => this.show());
    addEventListener("keydown", (e) => this.key(e));
    if (!place.now.step) go({place: "step", step: this.source.steps.at(-1)}, false);
    else this.show();
  }

  async show() {
    const name = place.now.place === "run" ? "run" : "step";
    for (const link of document.querySelectorAll("[data-place]")) {
      if (link.dataset.place === name) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    if (name === "run") { fill(this.main, this.run()); return; }
    if (this.view.el.parentNode !== this.main) { fill(this.main, this.steps(), this.view.el); await this.view.open(); }
    else await this.view.moved();
  }

  steps() {
    return h("div", {class: "row", role: "group", "aria-label": "The steps in this page"}, h("span", {class: "soft"}, "Steps in this page:"), this.source.steps.map((step) => h("button", {type: "button", class: "stored-step", onclick: () => go({step})}, count(step))));
  }

  run() {
    const {lesson, data, layers, branches: [branch]} = this.told;
    return h("section", {class: "panel"}, h("h1", {}, this.told.run), h("dl", {class: "keys"}, [["Data", `${data.name}, ${count(data.sizes.train)} examples to learn from`], ["Network", layers.map((l) => `${l.name} ${l.out.join("×")}`).join(" → ")],
      ["Optimizer", `${lesson.optimizer}, rate ${short(lesson.learning_rate)}, batches of ${branch.batch}`], ["Steps", count(branch.head - branch.first)]].map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v)))),
      h("p", {class: "soft"}, "This page holds examples of the data that the run learned from. Exact are the chosen steps' inputs, outputs and deltas and the arithmetic of the weights that move most; maps of weights are rounded."));
  }

  theme() {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    if (this.view.overview) this.view.refresh();
  }

  fail(problem) { this.tell(problem.message || String(problem), false); }

  tell(text, good = true) {
    fill(this.notice, h("span", {}, text), h("button", {type: "button", class: "mini", "aria-label": "Close this", onclick: () => this.quiet()}, "×"));
    this.notice.classList.toggle("good", good);
    this.notice.hidden = false;
    say(text);
  }

  quiet() { this.notice.hidden = true; }

  key(event) {
    const at = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || ["INPUT", "SELECT", "TEXTAREA"].includes(at.tagName) || at.closest("dialog")) return;
    if ((event.key === " " || event.key === "Enter") && ["BUTTON", "A"].includes(at.tagName)) return;
    if (at.hasAttribute("data-arrows") && event.key.startsWith("Arrow")) return;
    if (event.key === "?") openKeys();
    else if (event.key.length === 1 && event.key !== " " && !lettersAct()) return;
    else if (event.key === "f" || event.key === "c" || !this.view.key((event.shiftKey && event.key.length > 1 ? "Shift+" : "") + event.key)) return;
    event.preventDefault();
  }
}

new OfflineApp().begin();
