// The middle of a step: the weights, gradient or update of a layer, or what its units said to the batch.
import {h, fill, short, paintBytes} from "./kit.js";
import {go} from "./place.js";
import {Heat, scaleOf} from "./heat.js";
import {bend} from "./kit.js";
import {Plane} from "./plane.js";
import {landscape} from "./landscape.js";
import {Confusion} from "./confusion.js";

const VIEWS = [["weights", "Weights"], ["gradient", "Gradient"], ["update", "Update"], ["activation", "Output"], ["delta", "Delta"], ["difference", "Difference"], ["landscape", "Landscape"], ["confusion", "Mix-ups"]];
const WHOLE = ["landscape", "confusion"]; // of the network, not of a layer
const BY_PHASE = {1: "activation", 2: "activation", 3: "delta", 4: "update"};

/** The view. step: the Step that it belongs to. */
export class Stage {
  constructor(step) {
    this.step = step;
    this.heat = new Heat({label: "Numbers as colours. Arrow keys point at a cell, Enter opens it.", onChoose: (r, k) => this.choose(r, k)});
    this.choices = h("div", {class: "row", role: "group", "aria-label": "What is shown"});
    this.layers = h("select", {id: "stage-layer", "aria-label": "Layer", onchange: (e) => this.layer(e.target.value)});
    this.units = h("div", {class: "unit-row", role: "group", "aria-label": "Units"});
    this.told = h("p", {class: "soft small stage-told"});
    this.reading = h("p", {class: "stage-reading", role: "status", "aria-live": "off"});
    this.whole = h("div", {hidden: true});
    this.confusion = new Confusion(this.step);
    this.el = h("div", {class: "stage"}, h("div", {class: "row"}, h("h2", {}, "Stage"), this.layers, this.choices), this.told, this.units, this.heat.el, this.whole, this.reading);
    this.plane = null; this.asked = null;
  }

  view() {
    const s = this.step.state;
    return s.view || BY_PHASE[s.phase] || "weights";
  }

  /** The layer with a kernel that is shown: that of the weight or unit, else the chosen one. */
  link() {
    const links = this.step.overview.links.filter((l) => Object.keys(l.weights).length), unit = this.step.unit();
    const name = unit ? unit[0] : this.chosen || this.step.state.layer;
    return links.find((l) => l.name === name) || links[0];
  }

  layer(name) {
    this.chosen = name;
    go({weight: null, unit: null, layer: name, example: null});
  }

  async show(turn) {
    const o = this.step.overview, links = o.links.filter((l) => Object.keys(l.weights).length), link = this.link(), view = this.view();
    if (!link) { fill(this.told, "This network has no weights."); return; }
    fill(this.layers, links.map((l) => h("option", {value: l.name, selected: l === link}, `${l.name} ${Object.values(l.weights)[0].join("×")}`)));
    fill(this.choices, VIEWS.filter(([name]) => (name !== "difference" || !this.step.app.source.steps) && (!WHOLE.includes(name) || this.step.app.source.live)).map(([name, label]) => h("button", {type: "button", "data-view": name, "aria-pressed": view === name, onclick: () => go({view: name})}, label)));
    this.at = {link, view};
    fill(this.units);
    const whole = WHOLE.includes(view) && this.step.app.source.live;
    this.heat.el.hidden = this.layers.hidden = whole; this.whole.hidden = !whole;
    if (whole) { await this.showWhole(view, turn); return; }
    if (view === "activation" || view === "delta") this.showBatch(link, view);
    else await this.showWeights(link, view, turn);
    await this.showPlane(turn);
  }

  /** What is of the whole network: the loss around its way, or what it takes for what. */
  async showWhole(view, turn) {
    if (this.wholeView !== view) fill(this.whole, h("p", {class: "soft"}, view === "landscape" ? "Measuring the loss around the way…" : "Asking the examples…"));
    this.wholeView = view;
    fill(this.told, view === "landscape" ? "The loss around the way of the weights; the large mark is this step." : "How often each class got each answer before this step. Choose a number to see its examples.");
    const shown = view === "landscape" ? landscape(await this.step.app.source.see("landscape", this.step.query({})), {width: this.width(), onStep: (step) => this.step.goTo(step)}) : await this.confusion.show();
    if (turn === this.step.turn) fill(this.whole, shown);
  }

  /** What the units of a layer said to every example, or how each example blames them. */
  showBatch(link, view) {
    const o = this.step.overview, end = view === "activation" ? o.links.filter((l) => l.layer === link.layer).at(-1) : link;
    const values = this.step.factors[`${view === "activation" ? "y" : "d"}:${end.name}`];
    if (!values) { fill(this.told, "Nothing is passed back here: this link and the loss make one rule."); this.heat.show(new Float32Array(1), 1, 1); return; }
    const columns = values.length / o.n, s = this.step.state, unit = this.step.unit();
    fill(this.told, view === "activation" ? `What ${link.name} says: a row for each of the ${o.n} examples, a column for each unit.`
      : `The derivative of the batch's loss by ${end.symbol}: a row for each example, a column for each unit.`);
    this.heat.show(values, o.n, columns, {chosen: unit || s.example !== undefined ? [s.example === undefined ? -1 : Number(s.example), unit ? unit[1] : -1] : null, width: this.width(), most: 420,
      tell: (r, k, v) => `example ${r} (${o.examples[r].target}), unit ${k}: ${short(v, 6)}`});
  }

  /** A weight's array: as a picture of the input for one unit where it is one, else as it is. */
  async showWeights(link, view, turn) {
    const name = link.weights.kernel ? "kernel" : Object.keys(link.weights)[0];
    if (!link.learns.includes(name) && view !== "weights" && view !== "difference") { fill(this.told, `${link.name} does not learn.`); return; }
    this.asked = {layer: link.name, weight: name, view};
    const found = await this.step.app.source.see("map", this.step.query(this.asked));
    if (turn !== this.step.turn) return;
    const values = found.arrays.values, shape = found.header.shape, unit = this.step.unit(), s = this.step.state;
    this.map = {values, shape, name, picture: null};
    const index = s.weight ? s.weight.split(",").slice(1).map(Number) : null, bias = s.weight && s.weight.split(",")[0].endsWith(".bias");
    if (link.picture && shape.length === 2) {
      const j = unit ? unit[1] : 0, [high, wide] = link.picture, column = new Float32Array(high * wide);
      for (let i = 0; i < column.length; i++) column[i] = values[i * shape[1] + j];
      this.map.picture = {j, wide};
      this.unitRow(values, shape, link, j);
      fill(this.told, found.header.against ? `What differs from ${found.header.against}: ` : null, `The ${view} of unit ${j} of ${link.name}, a cell for each pixel: ${high} × ${wide}${found.header.rounded ? ", rounded to 16 bits; the arithmetic is exact" : ""}.`);
      this.heat.show(column, high, wide, {chosen: index && !bias ? [Math.floor(index[0] / wide), index[0] % wide] : null, width: this.width(), most: 420,
        tell: (r, k, v) => `pixel row ${r}, column ${k} = input ${r * wide + k}: ${short(v, 6)}`});
      return;
    }
    const columns = shape.at(-1), rows = values.length / columns;
    fill(this.told, found.header.against ? `What differs from ${found.header.against}: ` : null, `The ${view} of ${link.name}.${name}: ${shape.length === 2 ? "a row for each input, a column for each unit" : `shape ${shape.join(" × ")}, the last axis across`}.`);
    this.heat.show(values, rows, columns, {chosen: index && !bias ? [index.slice(0, -1).reduce((a, v, d) => a * shape[d] + v, 0), index.at(-1)] : unit ? [-1, unit[1]] : null, width: this.width(), most: 420,
      tell: (r, k, v) => `${name}[${[...places(r, shape.slice(0, -1)), k].join(", ")}] = ${short(v, 6)}`});
  }

  unitRow(values, shape, link, j) {
    const [high, wide] = link.picture, first = Math.max(0, Math.min(shape[1] - 24, j - 12)), {typical, largest} = scaleOf(values);
    for (let u = first; u < Math.min(shape[1], first + 24); u++) {
      const bytes = new Uint8Array(high * wide), canvas = h("canvas", {});
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(128 + 127 * Math.max(-1, Math.min(1, bend(values[i * shape[1] + u], typical, largest))));
      paintBytes(canvas, bytes, wide, high);
      this.units.append(h("button", {type: "button", class: "template small", "aria-pressed": u === j, "aria-label": `unit ${u}`, title: `unit ${u}`, onclick: () => go({unit: `${link.name},${u}`, weight: null})}, canvas));
    }
  }

  /** For data in the plane: the network's plane before this step, with the batch's points. */
  async showPlane(turn) {
    const app = this.step.app;
    if (app.told.kind !== "plane") return;
    if (!this.plane) {
      this.plane = new Plane({label: "The plane before this step; the batch's points are ringed"});
      this.plane.setData(await app.source.see("data"));
      this.el.append(h("div", {class: "stage-plane"}, this.plane.el, h("p", {class: "soft small"}, "The plane before this step; the batch's points are ringed.")));
    }
    const {arrays} = await app.source.see("plane", this.step.query());
    if (turn !== this.step.turn) return;
    const unit = this.step.unit(), names = Object.keys(arrays), name = unit && arrays[`map:${unit[0]}`] ? `map:${unit[0]}` : names.at(-1), j = unit && name === `map:${unit[0]}` ? unit[1] : 0;
    const bytes = arrays[name], size = bytes.shape[1];
    this.plane.show(bytes.subarray(j * size, (j + 1) * size), this.step.overview.examples.map((e) => e.place));
  }

  width() {
    return Math.max(200, Math.min(560, this.el.clientWidth - 4));
  }

  choose(r, k) {
    const {link, view} = this.at;
    if (view === "activation" || view === "delta") { go({unit: `${link.name},${k}`, weight: null, example: r}); return; }
    const {shape, name, picture} = this.map;
    const index = picture ? [r * picture.wide + k, picture.j] : [...places(r, shape.slice(0, -1)), k];
    if (link.learns.includes(name)) go({weight: `${link.name}.${name},${index.join(",")}`, unit: null, check: null});
  }
}

/** A flat place as an index. */
function places(flat, shape) {
  const found = [];
  for (let d = shape.length - 1; d >= 0; d--) { found.unshift(flat % shape[d]); flat = Math.floor(flat / shape[d]); }
  return found;
}
