// The place where a network is built and watched while it learns.
import {h, fill, short, count, percent, say} from "./kit.js";
import {go} from "./place.js";
import {Curve, branchColour} from "./curve.js";
import {Plane, thumbnail} from "./plane.js";
import {Network} from "./network.js";
import {Answers} from "./answers.js";
import {Fit} from "./fit.js";
import {Surface} from "./surface.js";
import {Dropped} from "./dropped.js";

const TOYS = ["spiral", "moons", "circles", "xor", "gauss"], LINES = {line: "a line", valleys: "two valleys"};
const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const ACTIVATIONS = ["relu", "tanh", "sigmoid", "linear"];
const OPTIMIZERS = {sgd: "SGD", momentum: "SGD with momentum", rmsprop: "RMSprop", adam: "Adam", adagrad: "Adagrad"};
const BATCHES = [1, 4, 8, 16, 32, 64, 128, 256];
const SPEEDS = [["10", "10 steps/s"], ["60", "60 steps/s"], ["300", "300 steps/s"], ["1000", "1,000 steps/s"], ["0", "as fast as it goes"]];
const NEW = {toy: {net: "8,8", act: "tanh", opt: "adam", rate: "0.03", batch: "16"}, mnist: {net: "64", act: "relu", opt: "adam", rate: "0.001", batch: "32"},
  line: {net: "none", act: "tanh", opt: "sgd", rate: "0.03", batch: "64"}, valleys: {net: "none", act: "tanh", opt: "sgd", rate: "0.1", batch: "64"},
  own: {net: "16", act: "relu", opt: "adam", rate: "0.003", batch: "16"}};

/** The view. app: {source, told, frame}. */
export class Learn {
  constructor(app) {
    this.app = app;
    this.curves = new Map();
    this.el = h("div", {class: "learn"});
    this.build();
  }

  build() {
    const told = this.app.told, plane = told.kind === "plane", line = told.kind === "line";
    this.plane = plane ? new Plane() : null;
    this.fit = line ? new Fit() : null;
    this.surface = line ? new Surface({onBalls: (number) => this.do("balls", {number}), onRestart: () => this.restartAtRandom()}) : null;
    this.network = plane || line ? new Network({
      onUnit: (layer, unit) => go({place: "step", step: this.next(), weight: null, unit: `${layer},${unit}`, phase: null}),
      onWeight: (layer, i, j) => go({place: "step", step: this.next(), unit: null, weight: `${layer}.kernel,${i},${j}`, phase: null}),
      onHover: (unit) => { this.looked = unit; this.paintPlane(); },
      onUnits: (units) => this.change({net: units.join(",")}),
    }) : null;
    this.curve = new Curve({label: "Loss by step. Choose a step to open it.", height: 170,
      onChoose: (step) => go({place: "step", step: Math.max(0, Math.min(step, this.next())), weight: null})});
    this.playButton = h("button", {type: "button", class: "play", id: "play", onclick: () => this.toggle()}, "Start");
    this.numbers = h("dl", {class: "figures"});
    this.problem = h("div", {class: "problem", role: "alert", hidden: true});
    this.legend = h("ul", {class: "branches", "aria-label": "Branches"});
    this.controls = h("div", {class: "controls"});
    this.datasets = h("div", {class: "datasets", role: "group", "aria-label": "Data"});
    this.answers = plane || line ? null : new Answers(this.app, {
      onUnit: (layer, unit) => go({place: "step", step: this.next(), weight: null, unit: `${layer},${unit}`}),
      onWeight: (layer, i, j) => go({place: "step", step: this.next(), unit: null, weight: `${layer}.kernel,${i},${j}`, phase: null}),
    });
    this.dropped = new Dropped(this.app, (found) => this.reopen({...(found.about.shape.length > 1 ? NEW.mnist : NEW.own), data: found.data}));
    this.dropped.listen(this.el);
    this.shares = h("p", {class: "shares"});
    fill(this.el, h("h1", {class: "sr"}, "Watch a network learn"),
      h("div", {class: "bar"},
        this.playButton,
        h("button", {type: "button", id: "one-step", title: "Take one step", onclick: () => this.do("step", {steps: 1})}, "Step"),
        h("button", {type: "button", id: "in-phases", title: "Open the next step: forward, loss, backward, update",
          onclick: () => this.openNext(1)}, "Step in phases"),
        h("button", {type: "button", id: "back-step", title: "One step back", onclick: () => this.do("back", {steps: 1})}, "Back"),
        h("button", {type: "button", id: "restart", title: "The same network with its first weights again", onclick: () => this.restart()}, "Restart"),
        this.numbers),
      h("p", {class: "soft", id: "running", role: "status", hidden: true}, "This run is being learned by another process. Every step it has taken can be opened; a fork learns here."),
      this.problem,
      h("div", {class: "learn-grid"},
        h("section", {class: "panel side", "aria-label": "Settings"}, h("h2", {}, "Data"), this.datasets, this.dropped.el, h("h2", {}, "How it learns"), this.controls),
        h("section", {class: "panel middle", "aria-label": "Network"},
          h("h2", {}, "Network ", h("span", {class: "soft"}, plane ? "each unit shows what it says to every point" : line ? "each unit shows what it says from left to right" : this.answers.looksFor())),
          this.network ? [h("div", {class: "row"}, this.layerButtons()), this.network.el]
            : [h("div", {class: "row"}, this.layerButtons(), this.unitsField()), this.answers.looks],
          this.shares),
        h("section", {class: "panel result", "aria-label": "Result"},
          h("h2", {}, this.network ? "What it says" : this.answers.words()), plane ? this.plane.el : line ? [this.fit.el, this.surface.el] : this.answers.list,
          plane ? h("p", {class: "soft small"}, "Point at a unit to see its map here.") : null),
        h("section", {class: "panel loss", "aria-label": "Loss"}, h("h2", {}, "Loss ", h("span", {class: "soft"}, "click a step to open it")), this.curve.el, this.legend,
          h("details", {class: "code"}, h("summary", {}, "The same as a program"), this.code = h("pre", {tabindex: "0"})))),
    );
    this.fillDatasets();
  }

  /** The step that comes next; of a recorded run its last one. */
  next() {
    return Math.max(0, this.head() - (this.app.told.branches[this.app.told.current].live ? 0 : 1));
  }

  openNext(phase) {
    go({place: "step", step: this.next(), phase, weight: null, unit: null});
  }

  head() {
    return this.app.frame ? this.app.frame.header.step : this.app.told.branches[this.app.told.current].head;
  }

  /** Shown again, or for the first time. */
  async open() {
    this.app.source.see("data").then((data) => {
      this.data = data;
      (this.plane || this.fit || this.answers).setData(data);
      this.refresh();
    }).catch((p) => this.app.fail(p));
    this.told();
    try {
      const [frame] = await Promise.all([this.app.source.see("frame"), this.loadCurves(), this.loadSurface()]);
      this.frame(frame);
    } catch (problem) { this.app.fail(problem); }
  }

  /** The surface of the loss, where the network is one weight and one bias. */
  async loadSurface() {
    if (!this.surface) return;
    this.surface.el.hidden = !this.app.told.surface;
    if (this.app.told.surface) this.surface.setSurface(await this.app.source.see("surface"));
  }

  async loadCurves() {
    for (const branch of this.app.told.branches) {
      const have = this.curves.get(branch.number);
      if (have && have.length >= branch.head - branch.first) continue;
      const {arrays} = await this.app.source.see("curve", {branch: branch.number});
      this.curves.set(branch.number, grown(arrays.loss));
    }
    this.showCurve();
  }

  /** Settings and branches are as told. */
  told() {
    const told = this.app.told, l = told.lesson;
    if (this.network) this.network.setNetwork(told);
    const branch = told.branches[told.current];
    this.playButton.textContent = !branch.live ? "Fork here and go on" : told.playing ? "Pause" : this.head() > 0 ? "Go on" : "Start";
    this.playButton.setAttribute("aria-pressed", told.playing);
    for (const id of ["one-step", "back-step", "restart"]) this.el.querySelector(`#${id}`).hidden = !branch.live;
    this.el.querySelector("#running").hidden = !branch.running;
    this.problem.hidden = !branch.problem;
    if (branch.problem) {
      fill(this.problem, h("span", {}, branch.problem),
        h("button", {type: "button", id: "rescue", onclick: () => this.rescue(branch)}, branch.live ? "Go back 50 steps, with a tenth of the rate" : "Fork 50 steps before, with a tenth of the rate"),
        h("button", {type: "button", onclick: () => go({place: "step", step: Math.max(branch.first, branch.head - 1), phase: 4})}, "Open the last step"));
    }
    this.code.textContent = told.code;
    this.fillControls(l, branch);
    fill(this.legend, told.branches.length > 1 ? told.branches.map((b) => h("li", {},
      h("button", {type: "button", "aria-pressed": b.number === told.current, onclick: () => this.do("branch", {branch: b.number})},
        h("i", {class: "swatch", style: {background: branchColour(b.number)}}),
        b.parent === null ? (b.number ? b.changes.join(", ") || "again" : "first") : `fork at ${count(b.first)}: ${b.changes.join(", ")}`))) : null);
    for (const button of this.datasets.querySelectorAll("button")) button.setAttribute("aria-pressed", button.dataset.name === l.data);
  }

  fillDatasets() {
    fill(this.datasets, TOYS.map((name) => h("button", {type: "button", "data-name": name, "aria-pressed": false,
      onclick: () => this.choose(name)}, thumbnail(name), name)),
    Object.entries(LINES).map(([name, words]) => h("button", {type: "button", "data-name": name, "aria-pressed": false, onclick: () => this.choose(name)}, thumbnail(name), words)),
    h("button", {type: "button", "data-name": "mnist", "aria-pressed": false, onclick: () => this.choose("mnist")}, h("span", {class: "digit-thumb", "aria-hidden": "true"}, "3 8"), "digits"));
  }

  fillControls(l, branch) {
    if (this.controls.contains(document.activeElement)) return;
    const rate = branch.rates.at(-1)[1];
    const near = RATES.includes(rate) ? RATES : [...RATES, Number(rate.toPrecision(3))].sort((a, b) => a - b);
    const pick = (id, label, options, value, act, note) => h("label", {class: "field"}, h("span", {}, label),
      h("select", {id, title: note, onchange: (e) => act(e.target.value)}, options.map(([v, text]) => h("option", {value: v, selected: String(v) === String(value)}, text))));
    const chosen = near.reduce((a, b) => (Math.abs(b - rate) < Math.abs(a - rate) ? b : a));
    fill(this.controls,
      pick("rate", "Learning rate", near.map((v) => [v, short(v)]), chosen, (v) => this.setRate(Number(v)), "Acts at the next step"),
      pick("activation", "Activation", ACTIVATIONS.map((v) => [v, v]), l.activation, (v) => this.change({act: v}), "A new network from the same seed"),
      pick("optimizer", "Optimizer", Object.entries(OPTIMIZERS), l.optimizer, (v) => this.fork({opt: v}), "Forks at this step"),
      Object.entries((branch.scalars.at(-1) || [0, {}])[1]).map(([name, value]) => h("label", {class: "field"}, h("span", {}, name.replace("_", " ")),
        h("input", {type: "number", id: `scalar-${name}`, min: 0, max: 1, step: "any", value, title: "Acts at the next step", onchange: (e) => this.setScalar(name, Number(e.target.value))}))),
      pick("batch", "Batch size", [...new Set([...BATCHES, l.batch_size])].sort((a, b) => a - b).map((v) => [v, v]), l.batch_size, (v) => this.fork({batch: v}), "Forks at this step"),
      pick("speed", "Speed", SPEEDS, this.app.told.speed, (v) => this.do("speed", {speed: Number(v)}), "At most so many steps a second"),
      h("label", {class: "field"}, h("span", {}, "Seed"), h("input", {type: "number", id: "seed", min: 0, max: 9999, value: l.seed, onchange: (e) => this.reopen({seed: e.target.value})})),
      TOYS.includes(l.data) || LINES[l.data] ? h("label", {class: "field"}, h("span", {}, "Noise"), h("input", {type: "range", id: "noise", min: 0, max: 0.2, step: 0.01, value: l.noise, onchange: (e) => this.reopen({noise: e.target.value})})) : null);
  }

  layerButtons() {
    const l = () => [...this.app.told.lesson.units];
    return [h("button", {type: "button", id: "more-layers", onclick: () => { const u = l(); if (u.length < 8) this.change({net: [...u, u.at(-1) || 4].join(",")}); }}, "Add a layer"),
      h("button", {type: "button", id: "fewer-layers", onclick: () => { const u = l(); u.pop(); this.change({net: u.join(",") || "none"}); }}, "Remove one")];
  }

  unitsField() {
    return h("label", {class: "field"}, h("span", {}, "Units of the hidden layers"),
      h("input", {type: "text", id: "units", value: this.app.told.lesson.units.join(", "), inputmode: "numeric",
        onchange: (e) => this.change({net: e.target.value.replaceAll(/[^0-9,]/g, "") || "none"})}));
  }

  // what the controls do
  async do(action, settings = {}) {
    try {
      this.app.hear({told: await this.app.source.do(action, settings)});
      if (action !== "play" && action !== "speed") await this.refreshAll();
    } catch (problem) { this.app.fail(problem); }
  }

  async refreshAll() {
    const told = this.app.told, now = told.branches[told.current];
    const have = this.curves.get(now.number);
    if (have) have.length = Math.min(have.length, now.head - now.first);
    await Promise.all([this.loadCurves(), this.branchShown === told.current ? null : this.loadSurface()]);
    this.branchShown = told.current;
    this.frame(await this.app.source.see("frame"));
  }

  async toggle() {
    if (!this.app.told.branches[this.app.told.current].live) await this.do("fork", {step: this.head()});
    const playing = this.app.told.playing;
    say(playing ? "Paused" : "Learning");
    return this.do(playing ? "pause" : "play");
  }

  async setRate(rate) {
    await this.do("rate", {learning_rate: rate});
    this.app.remember();
    say(`Learning rate ${rate} from step ${this.head()} on`);
  }

  async setScalar(name, value) {
    document.activeElement.blur();
    await this.do("set", {name, value});
    this.told();
    this.app.remember();
    say(`${name} ${value} from step ${this.head()} on`);
  }

  async rescue(branch) {
    if (!branch.live) {
      await this.do("fork", {step: Math.max(branch.first, branch.head - 50), learning_rate: branch.rates.at(-1)[1] / 10});
      return;
    }
    await this.do("back", {to: Math.max(branch.first, branch.head - 50)});
    await this.do("rate", {learning_rate: branch.rates.at(-1)[1] / 10});
  }

  restart() {
    this.do("restart", {});
  }

  /** The same network from another place; the old curve stays. */
  async restartAtRandom() {
    const was = this.app.told.playing;
    await this.do("restart", {seed: Math.floor(Math.random() * 10000)});
    if (was) await this.do("play");
  }

  /** Another network: a new branch from the same seed; the old curve stays. */
  async change(changes) {
    const was = this.app.told.playing;
    const settings = {};
    if (changes.net !== undefined) settings.units = changes.net === "none" ? [] : changes.net.split(",").filter(Boolean).map(Number);
    if (changes.act) settings.activation = changes.act;
    await this.do("restart", settings);
    if (was) await this.do("play");
    this.app.remember();
  }

  async fork(changes) {
    const was = this.app.told.playing;
    if (was) await this.do("pause");
    const settings = changes.opt ? {optimizer: changes.opt} : {batch_size: Number(changes.batch)};
    await this.do("fork", settings);
    if (was) await this.do("play");
    this.app.remember();
  }

  choose(name) {
    const kind = kindOf(name), was = kindOf(this.app.told.lesson.data);
    this.reopen({data: name, ...(kind === was ? {} : NEW[kind])});
  }

  reopen(changes) {
    go({...changes, run: null, step: null, weight: null, unit: null, branch: null, phase: null, example: null, view: null, layer: null, rates: null, sets: null}, true);
  }

  // what comes from the server
  frame(frame) {
    this.app.frame = frame;
    const {header, arrays} = frame, losses = this.curves.get(header.branch) || grown([]);
    const skip = losses.length - (header.from - header.first);
    if (skip < 0) { this.loadCurves().catch((p) => this.app.fail(p)); }
    else {
      if (header.step - header.first < losses.length) losses.length = header.step - header.first;
      const begin = losses.length - (header.from - header.first);
      for (let i = begin; i < arrays.loss.length; i++) losses.push(arrays.loss[i]);
      this.curves.set(header.branch, losses);
    }
    this.refresh();
  }

  refresh() {
    const frame = this.app.frame;
    if (!frame || !this.el.isConnected) return;
    const {header} = frame;
    const losses = this.curves.get(header.branch);
    fill(this.numbers, [["step", count(header.step)], ["epoch", count(header.epoch)], ["loss", short(mean(losses, 20), 3)],
      ["held out", header.held_out === undefined ? "–" : /accuracy/.test(header.measure) ? percent(header.held_out) : `${header.measure} ${short(header.held_out, 3)}`], ["rate", short(header.rate, 3)]]
      .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {id: `figure-${name.replace(" ", "-")}`}, value))));
    this.showCurve();
    if (this.network) this.network.update(frame);
    if (this.plane) this.paintPlane();
    else if (this.fit) { this.fit.show(frame); if (this.app.told.surface) this.surface.show(frame, this.app.told.layers.find((l) => l.weights).name); }
    else this.answers.show(frame);
    const shares = Object.entries(header.units || {}).filter(([, [dead, flat]]) => dead > 0.05 || flat > 0.5);
    this.shares.textContent = shares.map(([name, [dead, flat]]) => dead > 0.05
      ? `${percent(dead, 0)} of ${name}'s units are off for every example` : `${percent(flat, 0)} of ${name}'s outputs are where ${this.app.told.lesson.activation} is flat`).join(" · ");
  }

  showCurve() {
    const told = this.app.told;
    this.curve.show({series: told.branches.map((b) => ({number: b.number, first: b.first, loss: this.curves.get(b.number) || [],
      current: b.number === told.current, label: b.changes[0] || "first"}))});
  }

  paintPlane() {
    const frame = this.app.frame;
    if (!frame || !this.plane || !this.plane.points) return;
    const last = this.app.told.layers.filter((l) => l.weights).at(-1).name, [name, unit] = this.looked || [last, 0];
    const bytes = frame.arrays[`map:${name}`];
    if (!bytes || unit >= bytes.shape[0]) return;
    this.plane.show(bytes.subarray(unit * bytes.shape[1], (unit + 1) * bytes.shape[1]));
  }

  /** What can be done here, for the list of commands. */
  commands() {
    const {live, parent} = this.app.told.branches[this.app.told.current], sets = [...TOYS.map((name) => [name, name]), ...Object.entries(LINES), ["mnist", "digits"]];
    return [[this.playButton.textContent, "Space", () => this.toggle()], ...(live ? [["Take one step", "→", () => this.key("ArrowRight")], ["One step back", "←", () => this.key("ArrowLeft")], ["One epoch on", "PageDown", () => this.key("PageDown")],
      ["One epoch back", "PageUp", () => this.key("PageUp")], ["Restart with the first weights", "r", () => this.restart()], ["Add a layer", "", () => this.el.querySelector("#more-layers").click()], ["Remove a layer", "", () => this.el.querySelector("#fewer-layers").click()]] : []),
    ["Open the next step in phases", "Enter", () => this.openNext(1)], ...(this.surface && this.app.told.surface && parent === null ? [["Restart at random", "", () => this.restartAtRandom()], ["Ten at once", "", () => this.surface.ten.click()]] : []),
    ...sets.map(([name, words]) => [`Learn from ${words}`, "", () => this.choose(name)]), ["Learn from a file of your own", "", () => this.dropped.file.click()]];
  }

  key(key) {
    const acts = {" ": () => this.toggle(), ArrowRight: () => this.do("step", {steps: 1}), ArrowLeft: () => this.do("back", {steps: 1}),
      "Shift+ArrowRight": () => this.do("step", {steps: 10}), "Shift+ArrowLeft": () => this.do("back", {steps: 10}),
      PageDown: () => this.do("step", {steps: this.app.told.branches[this.app.told.current].per_epoch}),
      PageUp: () => this.do("back", {steps: this.app.told.branches[this.app.told.current].per_epoch}),
      Enter: () => this.openNext(1), r: () => this.restart()};
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }
}

function kindOf(data) {
  return TOYS.includes(data) ? "toy" : LINES[data] ? data : data === "mnist" ? "mnist" : "own";
}

function grown(values) {
  return Array.from(values);
}

function mean(values, n) {
  if (!values || !values.length) return null;
  const some = values.slice(-n);
  return some.reduce((a, b) => a + b, 0) / some.length;
}

/** The lesson that an address means. */
export function lessonOf(state) {
  const toy = !state.data || TOYS.includes(state.data), base = toy ? NEW.toy : NEW[state.data] ? NEW[state.data] : /[./]/.test(state.data) ? NEW.own : NEW.mnist, told = {...base, ...state};
  return {
    data: state.data || "spiral", units: told.net === "none" ? [] : told.net.split(",").map(Number), activation: told.act,
    optimizer: told.opt, learning_rate: Number(told.rate), batch_size: Number(told.batch),
    noise: state.noise === undefined ? 0.03 : Number(state.noise), seed: state.seed === undefined ? 1 : Number(state.seed),
  };
}
