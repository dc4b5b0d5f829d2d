// The place of recorded runs: a list, their curves over each other, what is wrong with one.
import {h, fill, short, count, percent} from "./kit.js";
import {place, go} from "./place.js";
import {ask} from "./source.js";
import {Curve, branchColour, largestRises, marksOf} from "./curve.js";

/** The view. */
export class Runs {
  constructor(app) {
    this.app = app;
    this.curves = new Map();
    this.filter = h("input", {type: "text", id: "filter", placeholder: "part of a name", "aria-label": "Show runs whose name holds", oninput: () => this.list()});
    this.table = h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Recorded runs"});
    this.curve = new Curve({label: "Losses of the chosen runs. Choose a step to open it.", height: 240, onChoose: (step) => this.openStep(step)});
    this.told_ = h("p", {class: "soft small"});
    this.more = h("div", {class: "row"});
    this.list_ = h("ul", {class: "branches", id: "marks", "aria-label": "Steps worth a look"});
    this.findings = h("div", {class: "findings"});
    this.el = h("div", {class: "runs"}, h("h1", {class: "sr"}, "Recorded runs"),
      h("section", {class: "panel", "aria-label": "Runs"}, h("div", {class: "row"}, h("h2", {}, "All runs"), this.filter, h("button", {type: "button", id: "reload", onclick: () => this.open()}, "Reload")), this.table),
      h("section", {class: "panel", "aria-label": "Curves"}, h("h2", {}, "Loss ", h("span", {class: "soft"}, "click a step to open it; drag to zoom, double-click to see all")), this.curve.el, this.told_, this.more, this.list_),
      h("section", {class: "panel", "aria-label": "Findings"}, h("h2", {}, "What is wrong"), this.findings));
  }

  async open() {
    try {
      this.runs = await ask("api/runs");
    } catch (problem) { this.app.fail(problem); return; }
    if (!this.chosen().length && this.runs.runs.length) this.curvesFor = [this.runs.runs[0].name];
    this.list();
    await this.moved();
  }

  /** The runs whose curves are shown: in the address as with=A,B. */
  chosen() {
    const told = place.now.with ? place.now.with.split(",") : place.now.run ? [place.now.run] : [];
    return told.length ? told : this.curvesFor || [];
  }

  list() {
    const {runs, folder, count: n} = this.runs, text = this.filter.value.toLowerCase(), shown = runs.filter((r) => r.name.toLowerCase().includes(text)), chosen = this.chosen();
    if (!n) {
      fill(this.table, h("div", {class: "empty"}, h("p", {}, `No run has been recorded in ${folder} yet.`), h("p", {}, "A training records itself: ", h("code", {}, "chainrule train --recipe fast"), ". Then it stands here, and every step of it can be opened.")));
      return;
    }
    fill(this.table, h("table", {}, h("thead", {}, h("tr", {}, ["show", "run", "data", "status", "accuracy", "loss", "epochs", ""].map((t) => h("th", {class: ["accuracy", "loss", "epochs"].includes(t) ? "num" : null}, t || h("span", {class: "sr"}, "open"))))),
      h("tbody", {}, shown.map((r) => h("tr", {},
        h("td", {}, h("input", {type: "checkbox", "aria-label": `Show the curve of ${r.name}`, checked: chosen.includes(r.name), onchange: (e) => this.toggle(r.name, e.target.checked)}),
          chosen.includes(r.name) ? h("i", {class: "swatch", style: {background: branchColour(chosen.indexOf(r.name)), "margin-left": "0.4rem"}}) : null),
        h("td", {}, r.name, r.parent ? h("span", {class: "soft small"}, ` from step ${count(r.parent[1])} of ${r.parent[0]}`) : null),
        h("td", {}, r.data || "–"), h("td", {}, r.status), h("td", {class: "num"}, accuracy(r.metrics)), h("td", {class: "num"}, short(r.metrics.loss, 3)), h("td", {class: "num"}, r.epochs),
        h("td", {}, r.openable ? h("button", {type: "button", class: "open-run", onclick: () => go({place: "step", run: r.name, step: 0, branch: null, weight: null, unit: null, example: null, phase: null})}, "Open")
          : h("span", {class: "soft small"}, "opened by the program that made it")))))));
  }

  toggle(name, on) {
    const now = this.chosen().filter((n) => n !== name);
    if (on) now.push(name);
    this.curvesFor = [];
    go({with: now.slice(-6).join(",") || null});
    this.list();
  }

  async moved() {
    const chosen = this.chosen();
    try {
      for (const name of chosen) if (!this.curves.has(name)) this.curves.set(name, await ask(`api/runs/${encodeURIComponent(name)}/curves`));
    } catch (problem) { this.app.fail(problem); }
    const found = chosen.filter((name) => this.curves.has(name));
    const first = found[0] && this.curves.get(found[0]);
    this.curve.show({series: found.map((name, k) => { const {header, arrays} = this.curves.get(name); return {number: k, label: name, first: header.first, thin: header.thin, loss: arrays.loss, current: k === 0}; }),
      marks: this.marksOf(found[0])});
    this.showMarks(found[0]);
    fill(this.told_, found.map((name) => { const e = this.curves.get(name).header.epochs.at(-1); return h("span", {class: "run-told"}, `${name}: ${count(this.curves.get(name).header.count)} steps${e ? `, epoch ${e.epoch + 1}: ${Object.entries(e).filter(([k, v]) => k !== "epoch" && typeof v === "number").map(([k, v]) => `${k} ${short(v, 4)}`).join(", ")}` : ""}`); }));
    const run = this.runs.runs.find((r) => r.name === found[0]), last = first && first.header.first + first.header.count - 1;
    fill(this.more, run && run.openable && first ? [["confusion", "Mix-ups"], ["landscape", "Landscape"]].map(([view, label]) => h("button", {type: "button", "data-view": view, title: `Of ${run.name}, before its last step`, onclick: () => go({place: "step", run: run.name, step: last, view, branch: null, weight: null, unit: null, example: null, cell: null})}, label)) : null);
    if (found[0]) this.findingsOf(found[0]);
  }

  /** Steps of a run worth a look: what the doctor found, and where the loss rises most. */
  marksOf(name) {
    const shown = name && this.curves.get(name);
    if (!shown) return [];
    const rises = shown.header.thin === 1 ? largestRises(shown.header.first, shown.arrays.loss) : [];
    const last = shown.header.first + shown.header.count - 1; // what was found at the end is of the last step
    return [...(this.app.findings.get(name) || []), ...rises].map((m) => ({...m, step: Math.min(m.step, last)})).sort((a, b) => a.step - b.step);
  }

  /** The same as a list of links to their steps. */
  showMarks(name) {
    fill(this.list_, this.marksOf(name).map(({step, words}) => h("li", {}, h("button", {type: "button", class: "mark", onclick: () => this.openStep(step)}, `step ${count(step)}: ${words}`))));
  }

  async findingsOf(name) {
    if (this.shown === name) return;
    this.shown = name;
    fill(this.findings, h("p", {class: "soft"}, `Looking at ${name}…`));
    try {
      const found = await ask(`api/runs/${encodeURIComponent(name)}/findings`);
      this.app.findings.set(name, marksOf(found.findings));
      if (this.shown !== name) return;
      this.curve.show({marks: this.marksOf(name)});
      this.showMarks(name);
      fill(this.findings, found.findings.length ? found.findings.map((f) => h("div", {class: `finding ${f.severity}`}, h("b", {}, `${f.severity}: ${f.name}${f.layer ? ` in ${f.layer}` : ""}`), h("p", {}, f.says), h("p", {class: "soft"}, f.advice),
        f.steps ? h("button", {type: "button", onclick: () => go({place: "step", run: name, step: f.steps[0], branch: null, weight: null, unit: null})}, `Open step ${count(f.steps[0])}`) : null)) : h("p", {}, "Nothing is wrong with it, as far as was looked."),
      found.left_out.map((t) => h("p", {class: "soft small"}, `Not looked at: ${t}`)));
    } catch (problem) { fill(this.findings, h("p", {}, problem.message)); }
  }

  openStep(step) {
    const name = this.chosen()[0], run = this.runs.runs.find((r) => r.name === name);
    if (!run) return;
    step = Math.max(0, Math.min(step, this.curves.get(name).header.first + this.curves.get(name).header.count - 1));
    if (!run.openable) { this.app.fail({message: `${name} was recorded by a program of its own, so only that can open its steps.`}); return; }
    go({place: "step", run: name, step, branch: null, weight: null, unit: null, example: null});
  }
}

function accuracy(metrics) {
  const value = metrics.val_accuracy ?? metrics.accuracy;
  return typeof value === "number" ? percent(value, 2) : "–";
}
