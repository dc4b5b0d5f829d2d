// The chain of a step: every layer with the numbers of one example, lit by phase.
import {h, fill, short, say} from "./kit.js";
import {strip, featureMaps} from "./heat.js";

/** The column of layers. onOpen({unit}) opens a unit. */
export class Chain {
  constructor(onOpen) {
    this.onOpen = onOpen;
    this.el = h("ol", {class: "chain"});
  }

  show(overview, factors, {phase, example, unit}) {
    const rows = [this.row("input", overview.links[0].in, slice(factors.x, example), "x", null, phase === 1)];
    overview.links.filter((link) => link.kind !== "Flatten").forEach((link) => {
      const y = slice(factors[`y:${link.name}`], example), delta = factors[`d:${link.name}`] && slice(factors[`d:${link.name}`], example);
      const home = link.weights.kernel && link.weights.kernel.length === 2 ? link.name : overview.links.find((l) => l.layer === link.layer && l.weights.kernel && l.weights.kernel.length === 2)?.name;
      const values = phase === 3 || phase === 4 ? delta : y, lit = phase === 1 || (phase === 2 && link === overview.links.at(-1)) || (phase === 3 && delta) || (phase === 4 && link.learns.length);
      const sizes = phase === 4 && link.rms.update !== undefined ? `update ${short(link.rms.update, 3)}, weights ${short(link.rms.weights, 3)}`
        : phase === 3 && link.rms.delta !== undefined ? `delta ${short(link.rms.delta, 3)}` : link.rms.gradient !== undefined ? `gradient ${short(link.rms.gradient, 3)}` : "";
      rows.push(this.row(link.activation || link.name, link.out, values || null, phase === 3 || phase === 4 ? `d${link.symbol}` : link.symbol, home, lit, sizes, unit && home === unit[0] ? unit[1] : null,
        link.weights, delta === undefined && (phase === 3 || phase === 4)));
    });
    rows.push(h("li", {class: `link loss ${phase === 2 ? "lit" : ""}`}, h("span", {class: "link-name"}, "loss"), h("span", {class: "link-size"}, short(overview.loss))));
    fill(this.el, rows);
  }

  row(name, shape, values, symbol, home, lit, sizes = "", unit = null, weights = {}, fused = false) {
    const canvas = h("canvas", {class: "strip", "aria-hidden": "true"}), tip = h("span", {class: "link-size"}, sizes);
    const n = values ? values.length : 0, picture = shape.length === 2 || (shape.length === 3 && shape[2] === 1) ? shape[1] : n === 784 ? 28 : 0;
    const wide = picture || (n <= 32 ? Math.max(n, 1) : n <= 160 ? Math.ceil(n / Math.ceil(n / 32)) : Math.ceil(Math.sqrt(n)));
    const maps = values && shape.length === 3 && shape[2] > 1 ? featureMaps(canvas, values, shape) : null;
    if (maps) {
      canvas.style.setProperty("width", `${Math.min(200, canvas.width * 4)}px`);
    } else if (values) {
      strip(canvas, values, wide);
      const high = Math.ceil(n / wide), cell = Math.max(2, Math.min(18, Math.floor(200 / wide)));
      canvas.style.setProperty("width", `${wide * cell}px`);
      canvas.style.setProperty("height", `${high * cell}px`);
    }
    const at = (e) => {
      if (maps) return null;
      const box = canvas.getBoundingClientRect(), i = Math.floor(((e.clientY - box.top) / box.height) * Math.ceil(n / wide)) * wide + Math.floor(((e.clientX - box.left) / box.width) * wide);
      return i >= 0 && i < n ? i : null;
    };
    const frame = h("div", {class: `strip-box ${home ? "open" : ""}`, onpointermove: (e) => {
      if (maps) {
        const b = canvas.getBoundingClientRect(), found = maps(Math.floor(((e.clientX - b.left) / b.width) * canvas.width), Math.floor(((e.clientY - b.top) / b.height) * canvas.height));
        tip.textContent = found ? `${symbol}[${found.index.join(", ")}] = ${short(found.value, 6)}` : sizes;
        return;
      }
      const i = at(e); tip.textContent = i === null ? sizes : `${symbol}[${i}] = ${short(values[i], 6)}`; },
      onpointerleave: () => { tip.textContent = sizes; }, onclick: (e) => { const i = at(e); if (home && i !== null) this.onOpen({unit: `${home},${i % (shape.at(-1) || 1)}`}); }}, values ? canvas : h("span", {class: "soft small"}, fused ? "one rule with the loss: p − y" : ""));
    if (unit !== null && values && unit < n) {
      const cell = Math.max(2, Math.min(18, Math.floor(200 / wide)));
      frame.append(h("i", {class: "strip-mark", style: {left: `${(unit % wide) * cell}px`, top: `${Math.floor(unit / wide) * cell}px`, width: `${cell}px`, height: `${cell}px`}}));
    }
    return h("li", {class: `link ${lit ? "lit" : ""}`, "data-link": home || name},
      h("span", {class: "link-name"}, h("b", {}, symbol), ` ${name} `, h("span", {class: "soft"}, shape.join("×"))), tip, frame,
      home && Object.keys(weights).length ? h("label", {class: "sr-open"}, h("span", {class: "sr"}, `Open a unit of ${home}`),
        h("input", {type: "number", class: "unit-number", min: 0, max: (shape.at(-1) || 1) - 1, placeholder: "unit", "aria-label": `Open a unit of ${home} by its number`, value: unit ?? "",
          onchange: (e) => { if (e.target.value !== "") { this.onOpen({unit: `${home},${e.target.value}`}); say(`unit ${e.target.value}`); } }})) : null);
  }

  /** Lights the layer that a factor under the pointer belongs to. */
  light(what) {
    for (const row of this.el.children) {
      const name = what && (what.weight ? what.weight.split(",")[0].replace(/\.[^.]*$/, "") : what.unit.split(",")[0]);
      row.classList.toggle("pointed", Boolean(what) && row.dataset.link === name);
    }
  }
}

/** One example's part of an array of a batch. */
export function slice(values, k) {
  const size = values.length / values.shape[0];
  return values.subarray(k * size, (k + 1) * size);
}
