// The plane: where the network says orange and blue, and the points it learns from.
import {h, paintBytes, signedColours, colour, isDark} from "./kit.js";

const ORANGE = ["#c24e00", "#ffa25c"], BLUE = ["#00629b", "#7cc4f5"];

/** The colour of a class: 0 is orange, 1 is blue. */
export function classColour(k) {
  return (k ? BLUE : ORANGE)[isDark() ? 1 : 0];
}

/** A square plane. */
export class Plane {
  constructor({label = "The plane: what the network says at each point"} = {}) {
    this.small = document.createElement("canvas");
    this.canvas = h("canvas", {width: 640, height: 640, role: "img", "aria-label": label});
    this.el = h("div", {class: "plane"}, this.canvas);
    this.points = null; this.bytes = null; this.chosen = null; this.sharp = false;
  }

  setData({arrays, header}) {
    this.points = arrays; this.reach = header.reach; this.grid = header.grid;
  }

  show(bytes, chosen = null) {
    this.bytes = bytes; this.chosen = chosen;
    this.paint();
  }

  paint() {
    const c = this.canvas.getContext("2d"), size = this.canvas.width;
    c.fillStyle = colour("paper"); c.fillRect(0, 0, size, size);
    if (this.bytes) {
      paintBytes(this.small, this.bytes, this.grid, this.grid, signedColours());
      c.imageSmoothingEnabled = true; c.imageSmoothingQuality = "high"; c.globalAlpha = 0.85;
      c.drawImage(this.small, 0, 0, size, size);
      c.globalAlpha = 1;
      this.boundary(c, size);
    }
    if (!this.points) return;
    const X = (v) => ((v / this.reach + 1) / 2) * size, Y = (v) => ((1 - v / this.reach) / 2) * size;
    const {x, y} = this.points;
    for (let i = 0; i < y.length; i++) {
      c.beginPath(); c.arc(X(x[2 * i]), Y(x[2 * i + 1]), 7, 0, 7);
      c.fillStyle = classColour(y[i]); c.fill();
      c.lineWidth = 2; c.strokeStyle = colour("paper"); c.stroke();
    }
    for (const i of this.chosen || []) {
      c.beginPath(); c.arc(X(x[2 * i]), Y(x[2 * i + 1]), 12, 0, 7);
      c.lineWidth = 3; c.strokeStyle = colour("ink"); c.stroke();
    }
  }

  /** The line where the network says one half. */
  boundary(c, size) {
    const n = this.grid, v = this.bytes, cell = size / (n - 1);
    c.beginPath();
    for (let r = 0; r < n - 1; r++) {
      for (let k = 0; k < n - 1; k++) {
        const q = [v[r * n + k] - 128, v[r * n + k + 1] - 128, v[(r + 1) * n + k + 1] - 128, v[(r + 1) * n + k] - 128];
        const corners = [[k, r], [k + 1, r], [k + 1, r + 1], [k, r + 1]], cut = [];
        for (let e = 0; e < 4; e++) {
          const a = q[e], b = q[(e + 1) % 4];
          if ((a < 0) === (b < 0)) continue;
          const t = a / (a - b), p = corners[e], s = corners[(e + 1) % 4];
          cut.push([(p[0] + (s[0] - p[0]) * t) * cell, (p[1] + (s[1] - p[1]) * t) * cell]);
        }
        for (let e = 0; e + 1 < cut.length; e += 2) { c.moveTo(...cut[e]); c.lineTo(...cut[e + 1]); }
      }
    }
    c.lineWidth = 3; c.strokeStyle = colour("ink"); c.stroke();
  }
}

/** Points as on the server, drawn small for a button that chooses the set. */
export function thumbnail(name) {
  const canvas = h("canvas", {width: 96, height: 96, "aria-hidden": "true"}), c = canvas.getContext("2d");
  let seed = 7;
  if (name === "valleys") { // a curve with two valleys, and a ball that rolls
    c.strokeStyle = classColour(1); c.lineWidth = 5; c.beginPath();
    for (let x = 4; x <= 92; x++) { const t = (x - 48) / 44, y = 34 + 46 * Math.cos(3.14 * 2 * t) * -0.5 + 12 * t + 22 * (1 - t * t) * 0.4; if (x === 4) c.moveTo(x, y); else c.lineTo(x, y); }
    c.stroke(); c.fillStyle = classColour(0); c.beginPath(); c.arc(30, 44, 8, 0, 7); c.fill();
    return canvas;
  }
  const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647), n = 130;
  const pair = (i) => {
    const k = i % 2, t = random();
    if (name === "spiral") { const r = Math.sqrt(0.02 + 0.95 * t), a = 9.42 * r + 3.14 * k; return [r * Math.sin(a), r * Math.cos(a), k]; }
    if (name === "moons") { const a = 3.14 * t; return k ? [0.62 * (0.5 - Math.cos(a)), 0.62 * (0.25 - Math.sin(a)), 1] : [0.62 * (Math.cos(a) - 0.5), 0.62 * (Math.sin(a) - 0.25), 0]; }
    if (name === "circles") { const r = k ? 0.62 + 0.33 * random() : 0.4 * random(), a = 6.28 * t; return [r * Math.cos(a), r * Math.sin(a), k]; }
    if (name === "xor") { const x = 1.9 * t - 0.95, y = 1.9 * random() - 0.95; return [x, y, x * y > 0 ? 1 : 0]; }
    if (name === "line") { const x = 1.9 * t - 0.95; return [x, 0.7 * x + 0.35 * (random() - 0.5), 1]; }
    const g = () => (random() + random() + random() - 1.5) * 0.5;
    return [(k ? 0.45 : -0.45) + g(), (k ? 0.45 : -0.45) + g(), k];
  };
  for (let i = 0; i < n; i++) {
    const [x, y, k] = pair(i);
    c.beginPath(); c.arc(48 + 42 * x, 48 - 42 * y, 2.6, 0, 7); c.fillStyle = classColour(k); c.fill();
  }
  if (name === "line") { c.strokeStyle = classColour(0); c.lineWidth = 5; c.beginPath(); c.moveTo(8, 76); c.lineTo(88, 20); c.stroke(); }
  return canvas;
}
