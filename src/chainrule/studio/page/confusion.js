// What a network takes for what: a table of counts, the examples behind one, and from there the computation of any.
import {h, fill, count, percent, paintInk, short} from "./kit.js";
import {go} from "./place.js";

const PARTS = ["held out", "learned from"], MOST = 20; // classes that fit a table

/** The view of the step in question. */
export class Confusion {
  constructor(step) {
    this.step = step;
    this.chosen = null;
    this.behind = h("div", {class: "behind", role: "status", "aria-live": "polite"});
  }

  get part() { return this.step.state.part === PARTS[1] ? PARTS[1] : PARTS[0]; }

  async show() {
    const {header, arrays} = await this.step.app.source.see("confusion", this.step.query({part: this.part}));
    const {classes, n, right} = header, k = classes.length, counts = arrays.counts;
    const cell = this.step.state.cell ? this.step.state.cell.split(",").map(Number) : null;
    fill(this.behind);
    if (cell) await this.showBehind(cell, classes);
    return h("div", {class: "confusion"},
      h("div", {class: "row", role: "group", "aria-label": "Examples"}, PARTS.map((part) => h("button", {type: "button", "data-part": part, "aria-pressed": part === this.part, onclick: () => go({part: part === PARTS[0] ? null : part, cell: null})}, part === PARTS[0] ? "Held-out examples" : "Learned from")),
        h("span", {class: "soft"}, `${count(right)} of ${count(n)} right, ${percent(right / n)}`)),
      k <= MOST ? this.table(classes, counts, cell) : this.list(classes, counts), this.behind);
  }

  /** A row for each class, a column for each answer. */
  table(classes, counts, cell) {
    const k = classes.length, most = Math.max(1, ...counts.filter((_, i) => Math.floor(i / k) !== i % k));
    return h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Mix-ups"}, h("table", {class: "mixups"},
      h("caption", {class: "soft small"}, "rows: what it is; columns: what the network says"),
      h("thead", {}, h("tr", {}, h("td"), classes.map((name) => h("th", {scope: "col"}, name)))),
      h("tbody", {}, classes.map((name, r) => h("tr", {}, h("th", {scope: "row"}, name), classes.map((other, c) => {
        const v = counts[r * k + c], wrong = r !== c;
        return h("td", {style: v && wrong ? {background: `color-mix(in srgb, var(--minus) ${Math.round(12 + (48 * v) / most)}%, transparent)`} : null}, v
          ? h("button", {type: "button", class: wrong ? "count" : "count soft", "aria-pressed": Boolean(cell && cell[0] === r && cell[1] === c), "aria-label": `${v} of class ${name} got the answer ${other}`, onclick: () => go({cell: `${r},${c}`})}, v)
          : h("span", {class: "soft", "aria-label": "none"}, "·"));
      }))))));
  }

  /** With many classes: the mix-ups that happen most. */
  list(classes, counts) {
    const k = classes.length, found = Array.from(counts.keys()).filter((i) => counts[i] && Math.floor(i / k) !== i % k).sort((a, b) => counts[b] - counts[a]).slice(0, 30);
    return h("ul", {class: "branches"}, found.map((i) => h("li", {}, h("button", {type: "button", onclick: () => go({cell: `${Math.floor(i / k)},${i % k}`})}, `${classes[Math.floor(i / k)]} taken for ${classes[i % k]}: ${counts[i]}`))));
  }

  /** The examples behind one count; each leads to its computation. */
  async showBehind([truth, answer], classes) {
    const {header, arrays} = await this.step.app.source.see("confused", this.step.query({part: this.part, truth, answer}));
    const told = this.step.app.told, shape = told.data.input_shape, size = header.places.length ? arrays.x.length / header.places.length : 0;
    const drawable = told.kind === "picture" && shape.join() === "28,28";
    fill(this.behind, h("h3", {}, `${count(header.count)} ${truth === answer ? `rightly called ${classes[answer]}` : `of class ${classes[truth]} called ${classes[answer]}`}`),
      h("ul", {class: "batch"}, header.places.map((place, i) => {
        const learned = header.steps[i], open = learned ? () => go({step: learned[0], example: learned[1], weight: null, unit: null, view: null, cell: null}) : drawable ? () => go({place: "use", held: place}) : null;
        const where = learned ? `Open step ${count(learned[0])}, which learned from it` : drawable ? "Open every number behind it" : `number ${count(place)} of the held-out examples`;
        return h("li", {}, h("button", {type: "button", class: "example", disabled: !open, title: where, "aria-label": `Number ${place}, ${percent(header.p[i])} sure. ${where}`, onclick: open}, this.picture(arrays.x.subarray(i * size, (i + 1) * size), shape), h("span", {class: "small soft"}, percent(header.p[i], 0))));
      })),
      header.count > header.places.length ? h("p", {class: "soft small"}, `The ${header.places.length} of which the network is surest.`) : null);
  }

  picture(values, shape) {
    const [high, wide, channels = 1] = shape;
    if (shape.length < 2 || shape.length > 3 || ![1, 3].includes(channels)) return h("span", {class: "point"}, Array.from(values.slice(0, 2)).map((v) => short(v, 2)).join(", ") + (values.length > 2 ? ", …" : ""));
    const canvas = h("canvas", {"aria-hidden": "true"}), most = values.reduce((a, v) => Math.max(a, v), 0), scale = most > 1 ? 1 : 255;
    paintInk(canvas, Uint8Array.from(values, (v) => Math.max(0, Math.min(255, Math.round(scale * v)))), wide, high, channels === 3);
    return canvas;
  }
}
