// The arithmetic of a weight, a unit or an example, as `explain` tells it; its factors are links.
import {h, short, paintInk} from "./kit.js";

const FACTOR = /(d?)([a-zA-Z])([₀₁₂₃₄₅₆₇₈₉]*)\[(\d+(?:, \d+)*)\]/gu;

/** What a name such as W₁[630, 245] or z₁[245] stands for in this step: {weight} or {unit}, or null. */
export function meaning(overview, d, letter, digits, index) {
  const name = letter + digits;
  if (letter === "W" || letter === "b") {
    const link = overview.links.find((l) => Object.keys(l.weights).length && l.number === digits);
    if (!link || d) return null;
    const weight = letter === "W" ? "kernel" : "bias";
    return link.weights[weight] && link.learns.includes(weight) ? {weight: `${link.name}.${weight},${index.join(",")}`} : null;
  }
  const link = overview.links.find((l) => l.symbol === name);
  if (!link || index.length !== 1) return null;
  const home = overview.links.find((l) => l.layer === link.layer && l.weights.kernel && l.weights.kernel.length === 2);
  return home ? {unit: `${home.name},${index[0]}`} : null;
}

/** Draws an account. onOpen({weight}|{unit}|{example}) opens what a link stands for; onPoint(meaning or null) lights it. */
export function account(told, overview, {onOpen, onPoint}) {
  const linked = (text) => {
    const pieces = [];
    let from = 0;
    for (const found of text.matchAll(FACTOR)) {
      const what = meaning(overview, found[1], found[2], found[3], found[4].split(", ").map(Number));
      if (!what) continue;
      pieces.push(text.slice(from, found.index), h("a", {
        class: "factor", href: "#", title: what.weight ? "the arithmetic of this weight" : "the account of this unit",
        onclick: (e) => { e.preventDefault(); onOpen(what); }, onpointerenter: () => onPoint && onPoint(what), onpointerleave: () => onPoint && onPoint(null),
      }, found[0]));
      from = found.index + found[0].length;
    }
    return [...pieces, text.slice(from)];
  };
  const number = (n) => Number(n.toPrecision(9)).toString().replace("-", "−");
  const line = (e, bare) => h("div", {class: "equation"},
    e.name ? h("span", {class: "eq-name"}, linked(e.name)) : null,
    e.formula ? [h("span", {class: "eq-sign"}, "="), h("span", {class: "eq-formula"}, linked(e.formula))] : null,
    e.numbers ? [bare ? null : h("span", {class: "eq-sign"}, "="), h("span", {class: "eq-numbers"}, e.numbers.replaceAll("-", "−"))] : null,
    h("span", {class: "eq-sign"}, "="), h("span", {class: "eq-value"}, typeof e.value === "number" ? number(e.value) : e.value,
      e.engine !== undefined && e.engine !== null ? h("span", {class: "soft", title: "what the engine had, in float32"}, ` ≈ ${typeof e.engine === "number" ? number(e.engine) : e.engine}`) : null,
      e.note ? h("span", {class: "soft"}, ` ${e.note}`) : null));
  const example = (label) => {
    const found = /^#(\d+)/.exec(label);
    return found && onOpen ? h("a", {class: "factor", href: "#", title: "follow this example", onclick: (e) => { e.preventDefault(); onOpen({example: found[1]}); }}, label) : label;
  };
  const draw = {
    heading: (p) => h("h3", {"data-part": (/^\d/.exec(p.words) || [""])[0]}, linked(p.words)),
    text: (p) => h("p", {class: "told"}, linked(p.words)),
    block: (p) => h("div", {class: "block"}, p.equations.map((e) => line(e, false))),
    shares: (p) => h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Each example's term"}, h("table", {class: "shares-table"},
      h("thead", {}, h("tr", {}, h("th", {}, p.heads[0]), h("th", {}, p.heads.slice(1, -1).join(" · ")), h("th", {}, p.heads.at(-1)), h("th", {}, h("span", {class: "sr"}, "as a bar")))),
      h("tbody", {}, p.equations.map((e, k) => h("tr", {}, h("td", {}, example(p.labels[k])), h("td", {class: "num"}, e.numbers ? e.numbers.replaceAll("-", "−") : ""),
        h("td", {class: "num strong"}, short(e.value, 6)), h("td", {}, bar(e.value, p.equations))))))),
    table: (p) => h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Table"}, h("table", {},
      h("thead", {}, h("tr", {}, p.heads.map((t) => h("th", {}, linked(t))))),
      h("tbody", {}, p.rows.map((row) => h("tr", {}, row.map((cell, k) => h("td", {class: k ? "num" : null}, k ? linked(String(cell)) : example(String(cell))))))))),
    pictures: (p) => h("div", {class: "pictures"}, p.pictures.map((rows, k) => {
      const canvas = h("canvas", {role: "img", "aria-label": p.captions[k]}), high = rows.length, wide = rows[0].length, bytes = new Uint8Array(high * wide);
      rows.forEach((row, r) => row.forEach((v, c) => { bytes[r * wide + c] = Math.round(255 * Math.min(1, Math.max(0, v))); }));
      paintInk(canvas, bytes, wide, high);
      return h("figure", {}, canvas, h("figcaption", {}, p.captions[k]));
    })),
  };
  return [h("h2", {class: "account-title"}, linked(told.title)), told.parts.map((p) => (draw[p.kind] ? draw[p.kind](p) : null))];
}

function bar(value, equations) {
  const most = Math.max(...equations.map((e) => Math.abs(e.value)).filter(Number.isFinite)) || 1;
  return h("span", {class: `share-bar ${value < 0 ? "minus" : "plus"}`, "aria-hidden": "true", style: {width: `${(54 * Math.abs(value)) / most}px`}});
}
