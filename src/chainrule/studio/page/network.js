// The network as columns of units, each with what it says to every point of the plane; lines are weights.
import {h, fill, paintBytes, signedColours, short} from "./kit.js";
import {classColour} from "./plane.js";

const SHOWN = 12; // units of a layer at most

/** Draws the network of a lesson in the plane. onUnit(layer, unit), onWeight(layer, i, j), onHover(map or null), onUnits(list). */
export class Network {
  constructor({onUnit, onWeight, onHover, onUnits}) {
    Object.assign(this, {onUnit, onWeight, onHover, onUnits});
    this.lines = h("svg:svg", {class: "net-lines", "aria-hidden": "true"});
    this.units = h("div", {class: "net-units"});
    this.tip = h("p", {class: "net-tip", "aria-live": "off"});
    this.el = h("div", {class: "net"}, this.lines, this.units, this.tip);
    this.told = null; this.frame = null;
    new ResizeObserver(() => this.layout()).observe(this.el);
  }

  setNetwork(told) {
    this.told = told;
    this.layout();
  }

  /** Places the units and lines for the width there is. */
  layout() {
    const told = this.told, width = this.el.clientWidth;
    if (!told || !width) return;
    const layers = told.layers.filter((l) => l.weights);
    const columns = [{name: null, units: told.data.input_shape[0]}, ...layers.map((l) => ({name: l.name, units: l.out.at(-1), activation: l.activation}))];
    const most = Math.max(...columns.map((c) => Math.min(c.units, SHOWN)));
    const size = Math.max(22, Math.min(46, Math.floor((width - 20) / columns.length - 26), Math.floor(400 / most) - 8));
    const top = 62, height = Math.max(192, top + most * (size + 8) + 34);
    this.el.style.setProperty("height", `${height}px`);
    this.lines.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const X = (c) => 6 + (columns.length === 1 ? 0 : (c * (width - size - 12)) / (columns.length - 1));
    const Y = (c, u) => (c === 0 ? top + (most * (size + 8)) / 2 + (u - columns[0].units / 2) * (size + 30) + 14 : top + ((most - Math.min(columns[c].units, SHOWN)) * (size + 8)) / 2 + u * (size + 8));
    fill(this.units);
    fill(this.lines);
    this.maps = []; this.paths = [];
    columns.forEach((column, c) => {
      const hidden = c > 0 && c < columns.length - 1;
      this.units.append(h("div", {class: "net-head", style: {left: `${X(c) + size / 2}px`}},
        hidden && h("span", {class: "net-more"},
          h("button", {type: "button", class: "mini", "aria-label": `One unit fewer in ${column.name}`, onclick: () => this.resize(c - 1, -1)}, "−"),
          h("button", {type: "button", class: "mini", "aria-label": `One unit more in ${column.name}`, onclick: () => this.resize(c - 1, 1)}, "+")),
        h("span", {}, c === 0 ? "input" : c === columns.length - 1 ? "output" : `${column.units} × ${column.activation || "linear"}`)));
      for (let u = 0; u < Math.min(column.units, SHOWN); u++) {
        const canvas = h("canvas", {width: 32, height: 32});
        const name = c === 0 ? columns[0].units === 1 ? "x" : ["x₁", "x₂"][u] : `unit ${u} of ${column.name}`;
        const box = h(c === 0 ? "div" : "button", {
          type: c === 0 ? null : "button", class: "unit", style: {left: `${X(c)}px`, top: `${Y(c, u)}px`, width: `${size}px`, height: `${size}px`},
          "aria-label": c === 0 ? null : `${name}: open it`, title: name,
          onpointerenter: () => this.onHover(c === 0 ? null : [column.name, u]), onpointerleave: () => this.onHover(null),
          onfocus: () => this.onHover(c === 0 ? null : [column.name, u]), onblur: () => this.onHover(null),
          onclick: c === 0 ? null : () => this.onUnit(column.name, u),
        }, canvas, c === 0 ? h("span", {class: "unit-name"}, name) : null);
        if (c === 0) inputMap(canvas, u);
        this.units.append(box);
        this.maps.push({canvas, name: column.name, unit: u});
        if (c === 0) continue;
        for (let i = 0; i < Math.min(columns[c - 1].units, SHOWN); i++) {
          const x0 = X(c - 1) + size, y0 = Y(c - 1, i) + size / 2, x1 = X(c), y1 = Y(c, u) + size / 2, m = (x0 + x1) / 2;
          const d = `M${x0} ${y0}C${m} ${y0} ${m} ${y1} ${x1} ${y1}`;
          const path = h("svg:path", {d, class: "weight"});
          const target = h("svg:path", {d, class: "weight-target", "data-weight": `${column.name},${i},${u}`,
            onpointerenter: () => this.hoverLine(column.name, i, u, path), onpointerleave: () => this.hoverLine(null, 0, 0, path),
            onclick: () => this.onWeight(column.name, i, u)});
          this.lines.append(path, target);
          this.paths.push({path, layer: column.name, i, j: u, columns: column.units});
        }
      }
      if (column.units > SHOWN) {
        this.units.append(h("span", {class: "net-rest", style: {left: `${X(c) + size / 2}px`, top: `${Y(c, SHOWN)}px`}}, `and ${column.units - SHOWN} more`));
      }
    });
    if (this.frame) this.update(this.frame);
  }

  resize(layer, by) {
    const units = [...this.told.lesson.units];
    units[layer] = Math.max(1, Math.min(64, units[layer] + by));
    this.onUnits(units);
  }

  hoverLine(layer, i, j, path) {
    path.classList.toggle("over", Boolean(layer));
    const kernel = layer && this.frame && this.frame.arrays[`kernel:${layer}`];
    const w = kernel ? kernel[i * kernel.shape[1] + j] : null;
    this.tip.textContent = layer ? `${layer}.kernel[${i}, ${j}] = ${short(w, 6)} · click: its whole arithmetic` : "";
  }

  /** A new frame: maps of the units, thickness and colour of the lines. */
  update(frame) {
    this.frame = frame;
    if (!this.maps) return;
    const table = signedColours();
    for (const {canvas, name, unit} of this.maps) {
      if (!name) continue;
      const bytes = frame.arrays[`map:${name}`];
      if (!bytes || unit >= bytes.shape[0]) continue;
      const side = Math.round(Math.sqrt(bytes.shape[1]));
      paintBytes(canvas, bytes.subarray(unit * bytes.shape[1], (unit + 1) * bytes.shape[1]), side, side, table);
    }
    for (const {path, layer, i, j} of this.paths) {
      const kernel = frame.arrays[`kernel:${layer}`];
      if (!kernel || j >= kernel.shape[1]) continue;
      const w = kernel[i * kernel.shape[1] + j];
      path.style.setProperty("stroke-width", Math.min(9, 0.4 + 1.7 * Math.abs(w)).toFixed(2));
      path.style.setProperty("stroke", w < 0 ? classColour(0) : classColour(1));
    }
  }
}

function inputMap(canvas, axis) {
  const bytes = new Uint8Array(32 * 32);
  for (let r = 0; r < 32; r++) for (let k = 0; k < 32; k++) bytes[r * 32 + k] = 128 + Math.round(127 * (axis ? 1 - r / 15.5 : k / 15.5 - 1));
  paintBytes(canvas, bytes, 32, 32);
}
