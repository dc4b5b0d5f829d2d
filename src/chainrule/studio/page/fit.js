// Points along a line with an amount each, what the network says of every place, and how far off it is at each point.
import {h, colour, short} from "./kit.js";

/** A picture of the fit. */
export class Fit {
  constructor() {
    this.canvas = h("canvas", {width: 640, height: 480, role: "img", "aria-label": "The points, and what the network says at each place"});
    this.el = h("div", {class: "plane fit"}, this.canvas);
    this.data = null;
  }

  setData({arrays, header}) {
    this.data = arrays; this.reach = header.reach;
    let low = Infinity, high = -Infinity;
    for (const v of arrays.y) { low = Math.min(low, v); high = Math.max(high, v); }
    const room = 0.15 * (high - low || 1);
    this.low = low - room; this.high = high + room;
  }

  show({arrays}) {
    if (!this.data || !arrays.answer) return;
    const c = this.canvas.getContext("2d"), w = this.canvas.width, high = this.canvas.height, {x, y, at} = this.data, said = arrays.answer;
    const X = (v) => ((v / this.reach + 1) / 2) * w, Y = (v) => high - ((v - this.low) / (this.high - this.low)) * high;
    const answer = (v) => { const t = ((v / this.reach + 1) / 2) * (at.length - 1), i = Math.min(at.length - 2, Math.max(0, Math.floor(t))); return said[i] + (said[i + 1] - said[i]) * (t - i); };
    c.fillStyle = colour("paper"); c.fillRect(0, 0, w, high);
    c.strokeStyle = colour("line"); c.lineWidth = 1.5;
    for (const [a, b, d, e] of [[0, Y(0), w, Y(0)], [X(0), 0, X(0), high]]) { c.beginPath(); c.moveTo(a, b); c.lineTo(d, e); c.stroke(); }
    c.strokeStyle = colour("minus"); c.globalAlpha = 0.45; c.beginPath();
    for (let i = 0; i < y.length; i++) { c.moveTo(X(x[i]), Y(y[i])); c.lineTo(X(x[i]), Y(answer(x[i]))); }
    c.stroke(); c.globalAlpha = 1;
    c.fillStyle = colour("plus");
    for (let i = 0; i < y.length; i++) { c.beginPath(); c.arc(X(x[i]), Y(y[i]), 5, 0, 7); c.fill(); }
    c.strokeStyle = colour("ink"); c.lineWidth = 4; c.beginPath();
    at.forEach((v, i) => (i ? c.lineTo(X(v), Y(said[i])) : c.moveTo(X(v), Y(said[i]))));
    c.stroke();
    this.canvas.setAttribute("aria-label", `The points, and what the network says: ${short(said[0], 3)} on the left, ${short(said[at.length - 1], 3)} on the right`);
  }
}
