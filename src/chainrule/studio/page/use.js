// The place where a network is used: draw a digit or drop a photo, and see every number behind the answer.
import {h, fill, short, percent, paintInk, onceAFrame} from "./kit.js";
import {place, go} from "./place.js";
import {ask} from "./source.js";
import {Pad} from "./pad.js";
import {strip, featureMaps, Heat} from "./heat.js";

const STAGES = {read: "the picture", grey: "grey", paper: "the paper", ink: "the ink", mask: "ink or not", lines: "ruled lines", writing: "the writing", digits: "digits found", digit: "as it is"};

/** The view. */
export class Use {
  constructor(app) {
    this.app = app;
    this.pad = new Pad({size: 280, onChange: onceAFrame(() => this.drawn())});
    this.model = h("select", {id: "use-model", "aria-label": "Which network answers", onchange: () => this.again()});
    this.file = h("input", {type: "file", id: "photo", accept: "image/*", class: "sr", onchange: (e) => e.target.files[0] && this.photo(e.target.files[0])});
    this.answer = h("div", {class: "use-answer", role: "status", "aria-live": "polite"});
    this.stages = h("div", {class: "stages"});
    this.input = h("div", {class: "use-input"});
    this.layers = h("div", {class: "use-layers"});
    this.unit = h("div", {class: "use-unit"});
    this.el = h("div", {class: "use"}, h("h1", {class: "sr"}, "Use a network"),
      h("section", {class: "panel", "aria-label": "Drawing"}, h("h2", {}, "Draw a digit"), this.pad.el,
        h("div", {class: "row"}, h("button", {type: "button", id: "clear", onclick: () => this.clear()}, "Clear"),
          h("button", {type: "button", id: "sample", onclick: () => this.sample()}, "Draw one for me"),
          h("label", {class: "button", for: "photo"}, "Choose a photo"), this.file),
        h("p", {class: "soft small"}, "Or drop a photo anywhere on this page."),
        h("label", {class: "field"}, h("span", {}, "Network"), this.model)),
      h("section", {class: "panel", "aria-label": "Answer"}, h("h2", {}, "Answer"), this.answer, h("h3", {}, "How the picture was prepared"), this.stages),
      h("section", {class: "panel wide", "aria-label": "Numbers"}, h("h2", {}, "Every number behind it ", h("span", {class: "soft"}, "paint on the input; choose a unit")),
        h("div", {class: "use-numbers"}, this.input, this.layers, this.unit)));
    this.el.addEventListener("dragover", (e) => e.preventDefault());
    this.el.addEventListener("drop", (e) => { e.preventDefault(); const file = e.dataTransfer.files[0]; if (file) this.photo(file); });
    this.base = null;
    this.off = []; // units that are switched off, as "layer,unit"
  }

  async open() {
    const app = this.app, mine = app.source && app.told.kind === "picture" && app.told.data.input_shape.join() === "28,28";
    fill(this.model, h("option", {value: ""}, app.start.model ? app.start.model.split(/[\\/]/).at(-1) : "the one that comes along, trained on handwriting"),
      mine ? h("option", {value: app.source.id, selected: true}, "the one that is learning now") : null);
    if (place.now.held !== undefined && mine) this.send("held", {place: place.now.held});
    else if (!this.pad.empty) this.again();
    else this.empty();
  }

  empty() {
    fill(this.answer, h("p", {class: "soft"}, "Draw a digit: the answer comes while you draw."));
    for (const el of [this.stages, this.input, this.layers, this.unit]) fill(el);
    this.result = null;
  }

  clear() { this.pad.clear(); this.base = null; this.empty(); }

  again() { if (this.sent) this.send(...this.sent); }

  drawn() { this.base = null; if (place.now.held !== undefined) go({held: null}, false); this.send("drawing", {w: 140, h: 140}, this.pad.bytes(140)); }

  photo(file) {
    this.base = null;
    if (file.size > 25e6) { this.app.fail({message: `${file.name} has ${(file.size / 1e6).toFixed(0)} MB; photos up to 25 MB can be read.`}); return; }
    this.send("photo", {}, file);
  }

  sample() {
    this.pad.clear();
    this.pad.stroke([[90, 70], [150, 60], [185, 90], [165, 130], [125, 140], [170, 150], [195, 185], [160, 225], [95, 215]]);
  }

  /** Sends what is to be read; while one is on its way only the newest waits. */
  async send(what, query, body) {
    this.sent = [what, query, body];
    if (this.busy) { this.more = true; return; }
    this.busy = true;
    try {
      const found = await ask(`api/use/${what}?${new URLSearchParams({...query, ...(this.model.value ? {session: this.model.value} : {})})}`, {method: "POST", body});
      this.app.quiet();
      if (what === "pixels") this.numbers(found, false);
      else if (what === "held") this.showHeld(found, query.place);
      else this.show(found);
    } catch (problem) {
      if (what === "photo") { this.empty(); fill(this.answer, h("p", {class: "problem", role: "alert"}, problem.message)); }
      else this.app.fail(problem);
    }
    this.busy = false;
    if (this.more) { this.more = false; this.send(...this.sent); }
  }

  /** A held-out picture from a run's mix-ups. */
  showHeld(found, number) {
    const {header, arrays} = found, best = arrays.said.indexOf(Math.max(...arrays.said));
    fill(this.answer, h("p", {class: "big"}, header.classes[best]), h("p", {}, `with ${percent(arrays.said[best])}; it is ${header.truth}. Number ${number} of the held-out pictures.`));
    fill(this.stages);
    this.off = [];
    this.paint = null;
    this.numbers(found, true);
  }

  show(found) {
    const {header, arrays} = found, digit = header.digits[0];
    fill(this.answer,
      header.refused && !digit ? h("p", {class: "big"}, "No answer") : h("p", {class: "big"}, header.text ?? "I don't know"),
      header.refused ? h("p", {}, header.refused) : null,
      header.digits.map((d, k) => h("p", {class: "small"}, `${header.digits.length > 1 ? `Digit ${k + 1}: ` : ""}${d.label} with ${percent(d.p)}${d.doubt ? ` · in doubt: ${d.doubt}` : ""}`)),
      header.notes.map((note) => h("p", {class: "soft small"}, note)));
    fill(this.stages, Object.entries(arrays).filter(([name]) => name.startsWith("stage:")).map(([name, bytes]) => figure(bytes, STAGES[name.slice(6)] || name.slice(6), true)),
      Object.entries(arrays).filter(([name]) => name.startsWith("digit:")).map(([name, bytes], k) => figure(bytes, header.digits.length > 1 ? `digit ${k + 1}` : "what the network gets", false)));
    this.off = [];
    if (!digit) { for (const el of [this.input, this.layers, this.unit]) fill(el); return; }
    this.base = null;
    this.numbers(found, true);
  }

  numbers({header, arrays}, fresh) {
    const before = this.base;
    this.result = {header, arrays};
    if (fresh) this.base = {header, arrays: Object.fromEntries(Object.entries(arrays).map(([k, v]) => [k, v.slice()]))};
    if (fresh || !this.paint) this.paintable(arrays.input);
    const said = arrays.said, old = before && before.arrays.said;
    fill(this.layers, header.layers.map((layer, place_) => {
      const values = arrays[`y:${layer.name}`];
      if (!values) return null;
      const last = place_ === header.layers.length - 1;
      const canvas = h("canvas", {class: "strip", "aria-hidden": "true"}), n = values.length, wide = n === 784 ? 28 : n <= 32 ? n : Math.ceil(n / Math.ceil(n / 40)), cell = Math.max(4, Math.min(16, Math.floor(360 / wide)));
      if (layer.kind === "Flatten" || layer.kind === "Reshape") return null;
      if (layer.shape.length === 3) return this.mapsOf(layer, values, canvas);
      strip(canvas, values, wide);
      canvas.style.setProperty("width", `${wide * cell}px`);
      const tip = h("span", {class: "link-size"}, "");
      const at = (e) => { const b = canvas.getBoundingClientRect(); return Math.min(n - 1, Math.floor(((e.clientY - b.top) / b.height) * Math.ceil(n / wide)) * wide + Math.floor(((e.clientX - b.left) / b.width) * wide)); };
      return h("div", {class: "link"}, h("span", {class: "link-name"}, h("b", {}, layer.name), ` ${n} ${layer.activation || ""}`), tip,
        last ? null : h("div", {class: `strip-box ${layer.dense ? "open" : ""}`, onpointermove: (e) => { const i = at(e); tip.textContent = `unit ${i}: ${short(values[i], 6)}`; }, onpointerleave: () => { tip.textContent = ""; },
          onclick: (e) => layer.dense && this.openUnit(layer.name, at(e))}, canvas),
        last ? h("ul", {class: "classes"}, Array.from(said).map((p, k) => h("li", {}, h("button", {type: "button", class: "class", onclick: () => layer.dense && this.openUnit(layer.name, k), title: "Why this much?"},
          h("b", {}, header.classes[k]), h("span", {class: "class-bar"}, h("i", {class: "plus", style: {width: `${100 * p}%`}})), h("span", {class: "num"}, percent(p)),
          old && Math.abs(p - old[k]) > 0.0005 ? h("span", {class: "soft small"}, `${p > old[k] ? "+" : "−"}${percent(Math.abs(p - old[k]))}`) : null)))) : null);
    }));
    const best = said.indexOf(Math.max(...said)), top = header.layers.filter((l) => l.dense).at(-1);
    if (!this.chosen || !header.layers.some((l) => l.name === this.chosen[0])) this.chosen = top ? [top.name, best] : null;
    if (this.chosen) this.openUnit(...this.chosen);
  }

  /** A layer of feature maps: one picture for each channel. */
  mapsOf(layer, values, canvas) {
    const at = featureMaps(canvas, values, layer.shape), tip = h("span", {class: "link-size"}, "");
    const zoom = Math.max(1, Math.min(6, Math.floor(420 / canvas.width)));
    canvas.style.setProperty("width", `${canvas.width * zoom}px`);
    canvas.addEventListener("pointermove", (e) => {
      const b = canvas.getBoundingClientRect(), found = at(Math.floor(((e.clientX - b.left) / b.width) * canvas.width), Math.floor(((e.clientY - b.top) / b.height) * canvas.height));
      tip.textContent = found ? `channel ${found.index[2]}, row ${found.index[0]}, column ${found.index[1]}: ${short(found.value, 6)}` : "";
    });
    return h("div", {class: "link"}, h("span", {class: "link-name"}, h("b", {}, layer.name), ` ${layer.shape.join("×")} ${layer.activation || ""}`), tip, h("div", {class: "strip-box"}, canvas));
  }

  /** The input, large, to be painted on: every number moves with it. */
  paintable(bytes) {
    const pixels = new Uint8Array(bytes), canvas = h("canvas", {class: "paint", role: "img", "aria-label": "The input of the network, 28 by 28; paint on it"});
    const draw = () => paintInk(canvas, pixels, 28, 28);
    draw();
    this.paint = pixels;
    const touch = (e) => {
      if (!e.buttons) return;
      const b = canvas.getBoundingClientRect(), c = Math.floor(((e.clientX - b.left) / b.width) * 28), r = Math.floor(((e.clientY - b.top) / b.height) * 28), ink = this.erase.checked ? 0 : 255;
      for (const [dr, dc] of [[0, 0], [0, 1], [1, 0], [1, 1]]) if (r + dr >= 0 && r + dr < 28 && c + dc >= 0 && c + dc < 28) pixels[(r + dr) * 28 + c + dc] = ink;
      draw();
      this.send("pixels", {off: this.off.join(";")}, pixels.slice().buffer);
      e.preventDefault();
    };
    canvas.addEventListener("pointerdown", touch);
    canvas.addEventListener("pointermove", touch);
    this.erase = h("input", {type: "checkbox", id: "erase"});
    fill(this.input, h("h3", {}, "Input"), canvas, h("div", {class: "row"}, h("label", {}, this.erase, " erase"),
      h("button", {type: "button", id: "undo-paint", onclick: () => { if (this.base) { pixels.set(this.base.arrays.input); draw(); this.send("pixels", {}, pixels.slice().buffer); } }}, "As it was")));
  }

  async openUnit(layer, unit) {
    this.chosen = [layer, unit];
    const turn = this.turn = (this.turn || 0) + 1;
    try {
      const {header, arrays} = await ask(`api/use/unit?${new URLSearchParams({layer, unit, ...(this.model.value ? {session: this.model.value} : {})})}`, {method: "POST", body: this.paint.slice().buffer});
      if (turn === this.turn) this.showUnit(header, arrays);
    } catch (problem) { this.app.fail(problem); }
  }

  /** Switches a unit off, or on again: the answer and the accuracy without it. */
  switchUnit(layer, unit) {
    const name = `${layer},${unit}`;
    this.off = this.off.includes(name) ? this.off.filter((n) => n !== name) : [...this.off, name];
    this.send("pixels", {off: this.off.join(";")}, this.paint.slice().buffer);
  }

  showUnit(o, {x, w}) {
    const products = x.map((v, i) => v * w[i]), order = Array.from(products.keys()).sort((a, b) => Math.abs(products[b]) - Math.abs(products[a])).slice(0, 8);
    const rest = products.reduce((a, b) => a + b, 0) - order.reduce((a, i) => a + products[i], 0);
    let picture = null;
    if (o.picture) {
      this.heat = this.heat || new Heat({label: "Input times weight, pixel by pixel"});
      this.heat.show(products, 28, 28, {width: 224, most: 224, tell: (r, c, v) => `x = ${short(x[r * 28 + c], 3)}, w = ${short(w[r * 28 + c], 3)}, product ${short(v, 3)}`});
      picture = [h("h3", {}, "Input × weight, pixel by pixel"), this.heat.el];
    }
    fill(this.unit, h("h3", {}, `Unit ${o.unit} of ${o.layer}: why ${short(o.a, 5)}`),
      h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "input"), h("th", {class: "num"}, "x"), h("th", {class: "num"}, "weight"), h("th", {class: "num"}, "product"))),
        h("tbody", {}, order.map((i) => h("tr", {}, h("td", {}, `x[${i}]`), h("td", {class: "num"}, short(x[i], 5)), h("td", {class: "num"}, short(w[i], 5)), h("td", {class: "num strong"}, short(products[i], 5)))),
          h("tr", {}, h("td", {}, `${x.length - order.length} others`), h("td"), h("td"), h("td", {class: "num strong"}, short(rest, 5))),
          h("tr", {}, h("td", {}, "bias"), h("td"), h("td"), h("td", {class: "num strong"}, short(o.bias, 5))))),
      o.layer === this.result.header.layers.filter((l) => l.dense).at(-1)?.name ? null : h("div", {class: "row"},
        h("button", {type: "button", id: "switch-unit", "aria-pressed": this.off.includes(`${o.layer},${o.unit}`), onclick: () => this.switchUnit(o.layer, o.unit)}, "Switch this unit off"),
        this.off.length && this.result.header.accuracy ? h("span", {id: "without"}, `${this.off.length} off: accuracy on 1,000 test digits ${percent(this.result.header.accuracy[0])} → ${percent(this.result.header.accuracy[1])}`) : null),
      h("p", {class: "equation"}, `z = ${short(o.z, 7)}`, o.activation && o.activation !== "linear" ? ` → ${o.activation} → ${short(o.a, 7)}` : ""), picture);
  }

  key(key) {
    if (key === "Backspace") { this.clear(); return true; }
    return false;
  }
}

function figure(bytes, caption, natural) {
  const canvas = h("canvas", {role: "img", "aria-label": caption}), [high, wide] = bytes.shape, rgb = bytes.shape.length === 3;
  if (rgb && bytes.shape[2] !== 3) return null;
  paintInk(canvas, bytes, wide, high, rgb, natural);
  return h("figure", {}, canvas, h("figcaption", {}, caption));
}


