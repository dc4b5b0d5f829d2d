// The examples of a step, those first that push the chosen weight most.
import {h, fill, short, percent, paintInk} from "./kit.js";
import {classColour} from "./plane.js";
import {slice} from "./chain.js";

const FIRST = 64; // examples that are drawn before somebody asks for all

/** The row of examples. onChoose(k) chooses one. */
export class Batch {
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.title = h("h2", {}, "Batch");
    this.list = h("ul", {class: "batch"});
    this.more = h("button", {type: "button", id: "whole-batch", hidden: true, onclick: () => { this.all = true; this.again(); }});
    this.el = h("div", {}, this.title, this.list, this.more);
  }

  show(o, factors, {told, example, data}) {
    const terms = told && told.terms ? told.terms : null, order = o.examples.map((_, k) => k);
    if (terms) order.sort((a, b) => Math.abs(terms[b]) - Math.abs(terms[a]));
    this.order = order;
    const most = terms ? Math.max(...terms.map(Math.abs)) || 1 : Math.max(...o.examples.map((e) => e.loss)) || 1;
    fill(this.title, `Batch of ${o.n} `, h("span", {class: "soft"}, terms ? "by how much each example pushes this weight; bars: its term of the gradient" : "bars: each example's loss"));
    const {amounts} = o; // then an answer is near, not right or wrong
    this.list.classList.toggle("plane-batch", data !== "picture");
    const all = order.length <= FIRST || this.all || (example !== null && order.indexOf(example) >= FIRST);
    this.more.hidden = all;
    fill(this.more, `Show all ${o.n}`);
    this.again = () => this.show(o, factors, {told, example, data});
    fill(this.list, order.slice(0, all ? order.length : FIRST).map((k) => {
      const e = o.examples[k], value = terms ? terms[k] : e.loss;
      return h("li", {}, h("button", {type: "button", class: `example ${amounts || e.answer === e.target ? "" : "wrong"}`, "aria-pressed": k === example, onclick: () => this.onChoose(k),
        "aria-label": `example ${k}: it is ${e.target}, the network says ${e.answer}`, title: `#${k}, number ${e.place} of the data: it is ${e.target}; the network says ${e.answer}${amounts ? "" : ` (${percent(e.p)})`}; loss ${short(e.loss)}`},
      picture(slice(factors.x, k), o, data, e),
      h("span", {class: "example-answer"}, amounts ? `${e.answer} for ${e.target}` : e.answer === e.target ? e.target : `${e.answer} ✗ ${e.target}`),
      h("span", {class: "example-bar", "aria-hidden": "true"}, h("i", {class: value < 0 ? "minus" : "plus", style: {width: `${(100 * Math.abs(value)) / most}%`}})),
      h("span", {class: "small soft"}, short(value, 2))));
    }));
  }
}

function picture(values, o, kind, e) {
  const [high, wide, channels = 1] = o.input_shape;
  if (kind === "picture" && o.input_shape.length <= 3 && (channels === 1 || channels === 3)) {
    const bytes = new Uint8Array(values.length), canvas = h("canvas", {"aria-hidden": "true"});
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(255 * Math.min(1, Math.max(0, values[i])));
    paintInk(canvas, bytes, wide, high, channels === 3);
    return canvas;
  }
  if (kind === "plane") {
    return h("span", {class: "point"}, h("i", {style: {background: classColour(e.target === "blue" ? 1 : 0)}}), `${short(values[0], 2)}, ${short(values[1], 2)}`);
  }
  return h("span", {class: "point"}, Array.from(values.slice(0, 2)).map((v) => short(v, 2)).join(", ") + (values.length > 2 ? ", …" : ""));
}
