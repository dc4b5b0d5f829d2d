// The loss of a network of one weight and one bias at every place, the way of the network over it, and ten that learn at once.
import {h, fill, colour, paintBytes, isDark, short} from "./kit.js";

const BANDS = 24; // a change of tone is a line of equal loss
const LOW = {light: [0, 92, 148], dark: [96, 180, 240]}, HIGH = {light: [244, 245, 242], dark: [32, 37, 42]};

/** The view. onBalls(number), onRestart() are called by its buttons. */
export class Surface {
  constructor({onBalls, onRestart}) {
    this.small = document.createElement("canvas");
    this.canvas = h("canvas", {width: 640, height: 640, role: "img"});
    this.ten = h("button", {type: "button", id: "ten-balls", "aria-pressed": false, onclick: () => onBalls(this.count ? 0 : 10)}, "Ten at once");
    this.told_ = h("p", {class: "soft small"});
    this.tip = h("span", {class: "curve-tip", hidden: true});
    this.el = h("div", {class: "surface"}, h("h3", {}, "The loss for every weight and bias"),
      h("div", {class: "plane", onpointermove: (e) => this.moved(e), onpointerleave: () => { this.tip.hidden = true; }}, this.canvas, this.tip),
      h("div", {class: "row"}, h("button", {type: "button", id: "at-random", title: "Begin at another place", onclick: onRestart}, "Restart at random"), this.ten), this.told_);
    this.count = 0; this.way = []; this.ways = []; this.shown = null;
  }

  /** The surface and the way so far, from the server. */
  setSurface({header, arrays}) {
    this.shown = arrays;
    this.step = header.step;
    this.way = Array.from(arrays.steps, (step, k) => [step, arrays.way[2 * k], arrays.way[2 * k + 1]]);
    this.ways = [];
    let low = Infinity, high = -Infinity;
    for (const v of arrays.losses) { low = Math.min(low, v); high = Math.max(high, v); }
    const f = (v) => Math.log(v - low + 0.02 * (high - low)), a = f(low), b = f(high);
    this.bytes = Uint8Array.from(arrays.losses, (v) => Math.round((255 * Math.floor(BANDS * (f(v) - a) / (b - a || 1))) / BANDS));
    this.low = low;
  }

  /** A new frame: where the network is now, and the others. */
  show({header, arrays}, layer) {
    if (!this.shown) return;
    const kernel = arrays[`kernel:${layer}`], bias = arrays[`bias:${layer}`];
    if (!kernel || !bias) return;
    while (this.way.length && this.way.at(-1)[0] >= header.step) this.way.pop();
    this.way.push([header.step, kernel[0], bias[0]]);
    const balls = arrays.balls || [], n = balls.length / 2;
    if (n !== this.ways.length || this.ballStep > header.step) this.ways = Array.from({length: n}, () => []);
    for (let k = 0; k < n; k++) this.ways[k].push([header.step, balls[2 * k], balls[2 * k + 1]]);
    this.ballStep = header.step;
    this.count = n;
    this.ten.setAttribute("aria-pressed", n > 0);
    this.paint();
    const words = `weight ${short(kernel[0])}, bias ${short(bias[0])}`;
    this.canvas.setAttribute("aria-label", `The loss for every weight and bias; the network is at ${words}${n ? `, with ${n} others` : ""}`);
    fill(this.told_, `Dark is a low loss, ${short(this.low, 3)} at the lowest. The network is at ${words}${n ? "; ten others began elsewhere and learn from the same examples" : ""}.`);
  }

  paint() {
    const c = this.canvas.getContext("2d"), size = this.canvas.width, n = this.shown.line.length, reach = this.shown.line[n - 1], tone = isDark() ? "dark" : "light";
    const table = new Uint8Array(768);
    for (let i = 0; i < 256; i++) for (let k = 0; k < 3; k++) table[3 * i + k] = Math.round(LOW[tone][k] + ((HIGH[tone][k] - LOW[tone][k]) * i) / 255);
    paintBytes(this.small, this.bytes, n, n, table);
    c.save(); c.scale(1, -1); c.imageSmoothingEnabled = true; // a bias above 0 is above
    c.drawImage(this.small, 0, -size, size, size);
    c.restore();
    const at = (v) => ((v / reach + 1) / 2) * size, X = at, Y = (v) => size - at(v);
    const walked = (way, thick) => {
      c.beginPath();
      way.forEach(([, w, b], k) => (k ? c.lineTo(X(w), Y(b)) : c.moveTo(X(w), Y(b))));
      c.lineWidth = thick + 2.5; c.strokeStyle = colour("paper"); c.stroke();
      c.lineWidth = thick; c.strokeStyle = colour("ink"); c.stroke();
    };
    const ball = ([, w, b], r, fillTone) => { c.beginPath(); c.arc(X(w), Y(b), r, 0, 7); c.fillStyle = fillTone; c.fill(); c.lineWidth = 2.5; c.strokeStyle = colour("paper"); c.stroke(); };
    for (const way of this.ways) { walked(way, 1); ball(way.at(-1), 8, colour("ink")); }
    walked(this.way, 2.5);
    ball(this.way.at(-1), 12, colour("minus"));
    c.fillStyle = colour("ink"); c.font = "20px system-ui, sans-serif";
    c.fillText(`weight ${short(-reach)} to ${short(reach)} →`, 12, size - 14);
    c.save(); c.translate(28, size - 44); c.rotate(-Math.PI / 2); c.fillText("bias →", 0, 0); c.restore();
  }

  moved(event) {
    if (!this.shown) return;
    const box = this.canvas.getBoundingClientRect(), n = this.shown.line.length, cell = (t) => Math.max(0, Math.min(n - 1, Math.round(t * (n - 1))));
    const k = cell((event.clientX - box.left) / box.width), r = cell(1 - (event.clientY - box.top) / box.height);
    this.tip.hidden = false;
    this.tip.textContent = `weight ${short(this.shown.line[k], 3)}, bias ${short(this.shown.line[r], 3)}: loss ${short(this.shown.losses[r * n + k])}`;
  }
}
