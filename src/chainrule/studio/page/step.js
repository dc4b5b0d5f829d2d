// The place where one learning step is open: its chain, its four phases, the arithmetic of a weight, its batch, the timeline.
import {h, fill, short, count, say} from "./kit.js";
import {place, go} from "./place.js";
import {Curve, largestRises, marksOf, branchColour} from "./curve.js";
import {account} from "./account.js";
import {Chain} from "./chain.js";
import {Stage} from "./stage.js";
import {Batch} from "./batch.js";

const PHASES = [
  ["Forward", "Each layer turns the batch into its output, and keeps what the way back will need."],
  ["Loss", "How wrong the answers are, and which way is worse."],
  ["Backward", "From the loss down the chain: each layer's delta is made from the one above it."],
  ["Update", "The optimizer moves every weight a little against its gradient."],
];

const SCHEDULED = 12; // a rate that changes more often follows a schedule: no mark for each step

/** The view. app: {source, told}. */
export class Step {
  constructor(app) {
    this.app = app;
    this.curves = new Map();
    this.el = h("div", {class: "step"});
    this.title = h("h1", {class: "step-title"}, "Step");
    this.phases = h("div", {class: "phases", role: "group", "aria-label": "The four phases of the step"});
    this.told_ = h("p", {class: "phase-told"});
    this.side = h("div", {class: "account", tabindex: "-1"});
    this.chain = new Chain((what) => this.open_(what));
    this.stage = new Stage(this);
    this.batch = new Batch((k) => go({example: String(k) === place.now.example ? null : k}));
    this.curve = new Curve({label: "Timeline: loss by step. Arrow keys change the step.", height: 110, onChoose: (step) => this.goTo(step)});
    this.legend = h("ul", {class: "branches", "aria-label": "Branches"});
    const button = (id, label, act, title) => h("button", {type: "button", id, title, onclick: act}, label);
    fill(this.el,
      h("div", {class: "bar"}, this.title, h("span", {class: "spacer"}),
        button("previous", "◂ Step", () => this.by(-1), "The previous step (←)"), button("next", "Step ▸", () => this.by(1), "The next step (→)"),
        h("label", {class: "field slim"}, h("span", {}, "Go to"), h("input", {type: "number", id: "goto", min: 0, onchange: (e) => this.goTo(Number(e.target.value))})),
        button("fork", "Fork here…", () => this.fork(), "Learn on from this step with another rate (f)"),
        button("compute", "Copy command", () => this.copyCommand(), "The command that prints the same in a terminal")),
      h("section", {class: "panel timeline", "aria-label": "Timeline"}, this.curve.el, this.legend),
      h("div", {class: "phase-row"}, this.phases, this.told_),
      h("div", {class: "step-grid"},
        h("section", {class: "panel", "aria-label": "Chain"}, h("h2", {}, "Chain"), this.chain.el),
        h("section", {class: "panel", "aria-label": "Stage"}, this.stage.el),
        h("section", {class: "panel", id: "arithmetic", "aria-label": "Arithmetic"}, this.side)),
      h("section", {class: "panel", "aria-label": "Batch"}, this.batch.el));
  }

  get state() {
    return place.now;
  }

  branchNumber() {
    return this.state.branch === undefined ? this.app.told.current : Number(this.state.branch);
  }

  branch() {
    return this.app.told.branches[this.branchNumber()] || this.app.told.branches[this.app.told.current];
  }

  step() {
    const branch = this.branch(), last = branch.live ? branch.head : branch.head - 1;
    return this.state.step === undefined ? Math.max(branch.first, last) : Number(this.state.step);
  }

  async open() {
    this.shown = null;
    await this.loadCurves();
    await this.moved();
    this.loadFindings();
  }

  /** What the doctor found in a recorded run, as marks on the timeline; it is looked at while nothing else is asked. */
  async loadFindings() {
    const {run} = this.app.told, found = this.app.findings;
    if (!run || !found || found.has(run) || this.branch().running) return;
    found.set(run, []);
    try {
      const {findings} = await this.app.source.ask(`api/runs/${encodeURIComponent(run)}/findings`);
      found.set(run, marksOf(findings));
      if (this.overview && this.el.isConnected) this.showTimeline();
    } catch { found.delete(run); } // a run that cannot be looked at has no marks
  }

  async loadCurves() {
    for (const branch of this.app.told.branches) {
      const have = this.curves.get(branch.number);
      if (have && have.length === branch.head - branch.first) continue;
      const {arrays} = await this.app.source.see("curve", {branch: branch.number});
      this.curves.set(branch.number, arrays.loss);
    }
  }

  /** News of a run that goes on in another process: the timeline grows. */
  frame({header}) {
    if (!header.running || this.growing || !this.overview) return;
    this.growing = true;
    this.loadCurves().then(() => this.showTimeline()).catch((p) => this.app.fail(p)).finally(() => { this.growing = false; });
  }

  query(more = {}) {
    const branch = this.branch(), step = this.step();
    return {branch: branch.number, step, ahead: step > branch.head && branch.live ? "yes" : null, keep: step < branch.head ? "yes" : "no", ...more};
  }

  /** The address changed: shows what it says. Each part is asked for once. */
  async moved() {
    const turn = this.turn = (this.turn || 0) + 1, s = this.state, key = `${this.branchNumber()}@${this.step()}`;
    try {
      const branches = this.app.told.branches.length;
      if (this.branchNumber() >= branches) throw new Error(`There are the branches 0 to ${branches - 1}; there is no branch ${this.branchNumber()}.`);
      const wanted = this.shown !== key || this.branch().head === this.step(), see = (what) => (wanted ? this.app.source.see(what, this.query()) : null);
      const [overview, factors, told] = await Promise.all([see("step"), see("factors"), this.accountOf(s)]);
      if (turn !== this.turn) return;
      if (wanted) {
        if (overview.head !== this.branch().head && !this.app.source.steps) { this.app.told = await this.app.source.see("session"); await this.loadCurves(); }
        if (turn !== this.turn) return;
        this.overview = overview; this.factors = factors.arrays; this.shown = key;
        this.app.quiet();
      }
      this.draw(told);
      await this.stage.show(turn);
      this.prepareNeighbours(turn);
    } catch (problem) {
      if (turn === this.turn) { this.app.fail(problem); if (!this.overview) fill(this.side); }
    }
  }

  /** Asks for the steps beside this one while nothing else is going on, so that going there is quick. */
  prepareNeighbours(turn) {
    const source = this.app.source;
    if (!source || !source.live || this.app.told.playing) return;
    setTimeout(async () => {
      for (const step of [this.step() + 1, this.step() - 1]) {
        if (turn !== this.turn || source !== this.app.source || step < this.branch().first || step >= this.branch().head) continue;
        const there = {...this.query(), step, ahead: null, keep: "yes"}, see = (what, more = {}) => source.see(what, {...there, ...more});
        await Promise.all([see("step"), see("factors"), this.accountOf(this.state, there), this.stage.asked && see("map", this.stage.asked)]).catch(() => null);
      }
    }, 200);
  }

  /** What the right column tells: the weight, unit or example that the address names; else the largest updates. */
  async accountOf(s, at = this.query()) {
    const see = (what, more) => this.app.source.see(what, {...at, ...more});
    if (s.weight) {
      const [name, ...index] = s.weight.split(","), dot = name.lastIndexOf(".");
      return see("weight", {layer: name.slice(0, dot), weight: name.slice(dot + 1), index: index.join(","), example: s.example, check: s.check ? "yes" : null});
    }
    if (s.unit) {
      const cut = s.unit.lastIndexOf(",");
      return see("unit", {layer: s.unit.slice(0, cut), unit: s.unit.slice(cut + 1)});
    }
    if (s.example !== undefined) return see("example", {example: s.example});
    return null;
  }

  draw(told) {
    const o = this.overview, s = this.state, phase = Number(s.phase || 0);
    fill(this.title, `Step ${count(o.step)}`, h("span", {class: "soft"}, ` of ${count(o.head)} · epoch ${o.epoch}, batch ${count(o.k)} of ${count(o.per_epoch)} · loss ${short(o.loss)} · rate ${short(o.rate)}${o.taken ? "" : " · not taken yet"}`));
    this.el.querySelector("#goto").value = o.step;
    fill(this.phases, PHASES.map(([name], k) => h("button", {type: "button", "data-phase": k + 1, "aria-pressed": phase === k + 1,
      onclick: () => go({phase: phase === k + 1 ? null : k + 1})}, h("b", {}, k + 1), ` ${name}`)),
    h("button", {type: "button", id: "next-phase", class: "main", onclick: () => this.nextPhase()}, phase === 0 ? "Walk through it" : phase < 4 ? "Next phase" : o.taken || !this.branch().live ? "Next step" : "Take it"));
    this.told_.textContent = phase ? PHASES[phase - 1][1] + this.phaseNumbers(phase) : "";
    this.drawAccount(told, phase);
    const k = this.example(told);
    this.chain.show(o, this.factors, {phase, example: k, unit: this.unit()});
    this.batch.show(o, this.factors, {told, example: s.example === undefined ? null : Number(s.example), data: this.app.told.kind});
    this.showTimeline();
  }

  phaseNumbers(phase) {
    const o = this.overview, last = o.links.at(-1);
    if (phase === 1) return ` Here: ${o.n} examples through ${o.links.length} links, ${o.legend}.`;
    if (phase === 2) return ` Here: ${o.loss_name.replaceAll("_", " ")} ${short(o.loss)}, the mean over ${o.n} examples${o.penalty ? ` with a penalty of ${short(o.penalty)}` : ""}.`;
    if (phase === 3) return ` Here: from d${last.symbol} down; sizes beside the layers are root mean squares.`;
    return ` Here: ${o.optimizer} with a rate of ${short(o.rate)}, step t = ${count(o.t)}.`;
  }

  drawAccount(told, phase) {
    const o = this.overview;
    if (told) {
      fill(this.side, h("div", {class: "row"},
        h("button", {type: "button", id: "all-updates", onclick: () => go({weight: null, unit: null, example: null, check: null})}, "‹ Largest updates"),
        this.state.weight && !this.app.source.steps ? h("button", {type: "button", id: "check", "aria-pressed": Boolean(this.state.check), onclick: () => go({check: this.state.check ? null : "yes"}), title: "Measure the derivative by moving the weight a little (c)"}, "Check") : null,
        this.state.weight && this.state.example !== undefined ? h("button", {type: "button", onclick: () => go({example: null})}, "Strongest example") : null),
      account(told, o, {onOpen: (what) => this.open_(what), onPoint: (what) => this.chain.light(what)}));
      const part = {1: "1", 2: "1", 3: "1", 4: "3"}[phase], heading = part && this.side.querySelector(`[data-part="${part}"]`);
      const panel = this.side.parentNode;
      if (this.scrolled !== `${phase}${told.title}`) panel.scrollTop = heading && phase === 4 ? heading.offsetTop - panel.offsetTop - 8 : 0;
      this.scrolled = `${phase}${told.title}`;
    } else {
      fill(this.side, h("h2", {}, "The largest updates of this step"),
        h("p", {class: "soft small"}, "Choose a weight here or on the stage: all of its arithmetic opens."),
        h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Largest updates"}, h("table", {},
          h("thead", {}, h("tr", {}, ["weight", "old", "new", "change", "gradient"].map((t, k) => h("th", {class: k ? `num ${t}` : null}, t)))),
          h("tbody", {}, o.largest.map((w) => h("tr", {}, h("td", {}, h("a", {class: "factor", href: "#", onclick: (e) => { e.preventDefault(); this.open_({weight: `${w.layer}.${w.weight},${w.index.join(",")}`}); }},
            `${w.layer}.${w.weight}[${w.index.join(", ")}]`)), h("td", {class: "num old"}, short(w.old)), h("td", {class: "num new"}, short(w.new)), h("td", {class: "num strong"}, short(w.new - w.old, 3)), h("td", {class: "num"}, short(w.gradient, 3))))))));
      this.scrolled = null;
    }
  }

  /** Which example's numbers the chain shows: the chosen one, else the one that pushes the weight most, else the first. */
  example(told) {
    if (this.state.example !== undefined) return Math.min(Number(this.state.example), this.overview.n - 1);
    if (told && told.terms) return told.terms.reduce((best, t, k) => (Math.abs(t) > Math.abs(told.terms[best]) ? k : best), 0);
    return 0;
  }

  /** The unit in question: [link name, unit]. */
  unit() {
    const s = this.state;
    if (s.unit) { const cut = s.unit.lastIndexOf(","); return [s.unit.slice(0, cut), Number(s.unit.slice(cut + 1))]; }
    if (s.weight) { const [name, ...index] = s.weight.split(","); return [name.slice(0, name.lastIndexOf(".")), Number(index.at(-1))]; }
    return null;
  }

  showTimeline() {
    const told = this.app.told, main = this.curves.get(this.branchNumber());
    const branch = this.branch();
    const found = this.app.findings && this.app.findings.get(told.run);
    const marks = main && main.length ? [...(branch.parent === null && found ? found : []), ...largestRises(branch.first, main), ...(branch.rates.length > SCHEDULED ? [] : branch.rates.slice(1)).map(([step, rate]) => ({step, words: `the rate becomes ${short(rate)}`})),
      ...(branch.scalars || []).slice(1).map(([step, now], k) => ({step, words: whatBecame(branch.scalars[k][1], now)}))] : [];
    this.marks = marks.sort((a, b) => a.step - b.step);
    this.curve.show({series: told.branches.map((b) => ({number: b.number, first: b.first, loss: this.curves.get(b.number) || [], current: b.number === this.branchNumber(), label: b.changes[0] || "first"})), marks, at: this.step()});
    fill(this.legend, told.branches.length > 1 ? told.branches.map((b) => h("li", {}, h("button", {type: "button", "aria-pressed": b.number === this.branchNumber(), onclick: () => go({branch: b.number, step: Math.min(Math.max(this.step(), b.first), b.head)})},
      h("i", {class: "swatch", style: {background: branchColour(b.number)}}), b.parent === null ? (b.number ? b.changes.join(", ") : "first") : `fork at ${count(b.first)}: ${b.changes.join(", ")}`))) : null);
  }

  // what is done
  open_(what) {
    if (what.weight) go({weight: what.weight, unit: null, check: null});
    else if (what.unit) go({unit: what.unit, weight: null, check: null});
    else if (what.example !== undefined) go({example: what.example});
  }

  goTo(step) {
    const branch = this.branch(), last = branch.live ? branch.head : branch.head - 1, stored = this.app.source.steps;
    const near = stored ? stored.reduce((a, b) => (Math.abs(b - step) < Math.abs(a - step) ? b : a)) : step;
    go({step: Math.max(branch.first, Math.min(last, Math.round(near)))});
  }

  async by(steps) {
    const branch = this.branch(), to = this.step() + steps, stored = this.app.source.steps;
    if (stored) { // an exported page holds some steps only
      const at = stored.indexOf(this.step());
      this.goTo(stored[Math.max(0, Math.min(stored.length - 1, at + Math.sign(steps)))]);
      return;
    }
    if (to > branch.head && branch.live && branch.number === this.app.told.current) {
      try {
        this.app.told = await this.app.source.do("step", {steps: to - branch.head});
        await this.loadCurves();
      } catch (problem) { this.app.fail(problem); return; }
    }
    this.goTo(to);
  }

  /** The next or previous example, in the order in which the batch shows them. */
  exampleBy(by) {
    const order = this.batch.order, at = order.indexOf(Number(this.state.example ?? -1));
    go({example: order[at < 0 ? (by > 0 ? 0 : order.length - 1) : Math.max(0, Math.min(order.length - 1, at + by))]});
  }

  async nextPhase() {
    const phase = Number(this.state.phase || 0);
    if (phase < 4) { go({phase: phase + 1}); say(PHASES[phase][0]); return; }
    await this.by(1);
    go({phase: 1}, false);
  }

  async fork() {
    const {forkDialog} = await import("./fork.js");
    forkDialog(this);
  }

  async copyCommand() {
    const s = this.state, o = this.overview;
    const weight = s.weight ? ` --weight ${s.weight.replace(/\.kernel,|\.bias,/, (m) => (m.includes("bias") ? ".bias," : ","))}` : "";
    const text = o.run ? `chainrule explain ${o.run}@${o.step}${weight}` : `chainrule studio   # then open ${location.hash}`;
    try { await navigator.clipboard.writeText(text); this.app.tell(`Copied: ${text}`); } catch { this.app.tell(text); }
  }

  refresh() { this.shown = null; this.moved(); }

  told() { this.loadCurves().then(() => this.overview && this.showTimeline()).catch((p) => this.app.fail(p)); }

  /** What can be done here, for the list of commands. */
  commands() {
    const all = [["Next step", "→", "ArrowRight"], ["Previous step", "←", "ArrowLeft"], ["Ten steps on", "Shift →", "Shift+ArrowRight"], ["Ten steps back", "Shift ←", "Shift+ArrowLeft"], ["One epoch on", "PageDown", "PageDown"], ["One epoch back", "PageUp", "PageUp"],
      ["Next mark", "]", "]"], ["Previous mark", "[", "["], ["Next phase", "Space", " "], ...PHASES.map(([name], k) => [`Phase ${name.toLowerCase()}`, k + 1, String(k + 1)]),
      ["Show weights", "w", "w"], ["Show gradient", "g", "g"], ["Show update", "u", "u"], ["Show output", "a", "a"], ["Show delta", "e", "e"], ["Show the difference", "d", "d"], ["Show the landscape", "l", "l"], ["Show mix-ups", "m", "m"],
      ["Next example", "j", "j"], ["Previous example", "k", "k"], ["Check the derivative", "c", "c"], ["Fork here", "f", "f"], ["Open the largest update", "Enter", "Enter"], ["Out", "Backspace", "Backspace"]];
    return [...all.map(([words, shown, key]) => [words, shown, () => this.key(key)]), ["Copy the command", "", () => this.copyCommand()]];
  }

  key(key) {
    const branch = this.branch(), marks = this.marks || [], s = this.state;
    const acts = {
      ArrowRight: () => this.by(1), ArrowLeft: () => this.by(-1), "Shift+ArrowRight": () => this.by(10), "Shift+ArrowLeft": () => this.by(-10),
      PageDown: () => this.by(branch.per_epoch), PageUp: () => this.by(-branch.per_epoch),
      "[": () => { const m = marks.filter((x) => x.step < this.step()).at(-1); if (m) this.goTo(m.step); },
      "]": () => { const m = marks.find((x) => x.step > this.step()); if (m) this.goTo(m.step); },
      " ": () => this.nextPhase(), 1: () => go({phase: 1}), 2: () => go({phase: 2}), 3: () => go({phase: 3}), 4: () => go({phase: 4}),
      w: () => go({view: "weights"}), g: () => go({view: "gradient"}), u: () => go({view: "update"}), a: () => go({view: "activation"}), e: () => go({view: "delta"}),
      d: () => this.app.source.steps || go({view: s.view === "difference" ? null : "difference"}),
      l: () => this.app.source.live && go({view: s.view === "landscape" ? null : "landscape"}), m: () => this.app.source.live && go({view: s.view === "confusion" ? null : "confusion"}),
      j: () => this.exampleBy(1), k: () => this.exampleBy(-1),
      c: () => s.weight && go({check: s.check ? null : "yes"}), f: () => this.fork(),
      Enter: () => { const w = this.overview.largest[0]; if (!s.weight && w) this.open_({weight: `${w.layer}.${w.weight},${w.index.join(",")}`}); },
      Backspace: () => (s.weight || s.unit || s.example !== undefined ? go({weight: null, unit: null, example: null, check: null}) : go({place: "learn"})),
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }
}

/** Which of an optimizer's numbers became what. */
function whatBecame(was, now) {
  return Object.keys(now).filter((name) => was[name] !== now[name]).map((name) => `${name} becomes ${short(now[name])}`).join(", ");
}
