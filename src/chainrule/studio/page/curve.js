// The loss by step, of several branches over each other; where you are in it, and what stands out.
import {h, short, count, colour, onceAFrame, isDark} from "./kit.js";

const TONES_LIGHT = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8f6400", "#3a7ca5"];
const TONES_DARK = ["#56aae9", "#f08c3c", "#36c79a", "#e2a3c7", "#e6b84a", "#9fd0ee"];

/** The colour of a branch by its number. */
export function branchColour(number) {
  const tones = isDark() ? TONES_DARK : TONES_LIGHT;
  return tones[number % tones.length];
}

/** A chart. series: [{number, label, first, loss, current}].  onChoose(step) is called when a step is chosen. */
export class Curve {
  constructor({onChoose = null, label = "Loss by step", height = 150} = {}) {
    this.series = []; this.marks = []; this.at = null; this.hover = null; this.onChoose = onChoose; this.zoom = null; this.base = null;
    this.canvas = h("canvas", {});
    this.tip = h("span", {class: "curve-tip", hidden: true});
    this.el = h("div", {
      class: "curve", style: {height: `${height}px`}, role: onChoose ? "slider" : "img", tabindex: onChoose ? "0" : null, "aria-valuenow": onChoose ? 0 : null,
      "aria-label": label, onpointermove: (e) => this.moved(e), onpointerleave: () => { this.hover = null; this.draw(); },
      onpointerdown: (e) => this.pressed(e), onpointerup: (e) => this.released(e), ondblclick: () => { this.zoom = null; this.draw(); },
    }, this.canvas, this.tip);
    this.draw = onceAFrame(() => this.paint());
    new ResizeObserver(this.draw).observe(this.el);
  }

  /** Shows these; `at` is the chosen step. */
  show({series = this.series, marks = this.marks, at = this.at} = {}) {
    Object.assign(this, {series, marks, at});
    this.base = null;
    const main = this.main();
    if (this.onChoose && main) {
      this.el.setAttribute("aria-valuemin", main.first);
      this.el.setAttribute("aria-valuemax", main.first + main.loss.length);
      this.el.setAttribute("aria-valuenow", at ?? main.first + main.loss.length);
      const loss = at === null ? undefined : main.loss[at - main.first];
      this.el.setAttribute("aria-valuetext", `step ${at ?? main.first + main.loss.length}${loss === undefined ? "" : `, loss ${short(loss)}`}`);
    }
    this.draw();
  }

  main() {
    return this.series.find((s) => s.current) || this.series[0];
  }

  range() {
    if (this.zoom) return this.zoom;
    let low = Infinity, high = -Infinity;
    for (const s of this.series) {
      low = Math.min(low, s.first);
      high = Math.max(high, s.first + s.loss.length * (s.thin || 1));
    }
    return low < high ? [low, high] : [0, 1];
  }

  stepAt(event) {
    const box = this.canvas.getBoundingClientRect(), [a, b] = this.range();
    const t = (event.clientX - box.left - 44) / Math.max(1, box.width - 52);
    return Math.round(a + Math.min(1, Math.max(0, t)) * (b - a));
  }

  moved(event) {
    this.hover = this.stepAt(event);
    if (this.began !== undefined && event.buttons) this.drag = [this.began, this.hover];
    this.draw();
  }

  pressed(event) {
    this.began = this.stepAt(event);
    this.drag = null;
  }

  released(event) {
    const drag = this.drag;
    this.began = undefined; this.drag = null;
    const [a, b] = this.range();
    if (drag && Math.abs(drag[0] - drag[1]) > (b - a) / 40) {
      this.zoom = [Math.min(...drag), Math.max(...drag)];
      this.draw();
    } else if (this.onChoose) this.onChoose(this.stepAt(event));
  }

  /** What does not change while somebody points: axes and lines, with their scales. */
  drawn(w, hh, ratio) {
    const [a, b] = this.range(), left = 44, right = 8, top = 8, bottom = 20;
    const picture = new OffscreenCanvas(w * ratio, hh * ratio), c = picture.getContext("2d");
    c.scale(ratio, ratio);
    let low = Infinity, high = -Infinity;
    for (const s of this.series) {
      for (let i = 0; i < s.loss.length; i++) {
        const step = s.first + i * (s.thin || 1), v = s.loss[i];
        if (step < a || step > b || !Number.isFinite(v)) continue;
        if (v < low) low = v;
        if (v > high) high = v;
      }
    }
    const ink = colour("soft"), line = colour("line");
    c.font = "11px system-ui, sans-serif"; c.fillStyle = ink; c.textBaseline = "middle";
    const X = (step) => left + ((step - a) / Math.max(1, b - a)) * (w - left - right);
    if (!(low < Infinity)) {
      c.fillText("No step has been taken yet.", left, hh / 2);
      return {picture, X, empty: true};
    }
    const log = low > 0 && high / low > 30;
    const f = log ? (v) => Math.log10(Math.max(v, low)) : (v) => v;
    let y0 = log ? f(low) : Math.min(0, low), y1 = f(high);
    if (y1 - y0 < 1e-12) y1 = y0 + 1;
    const Y = (v) => hh - bottom - ((f(v) - y0) / (y1 - y0)) * (hh - top - bottom);
    c.strokeStyle = line; c.lineWidth = 1; c.textAlign = "right";
    for (const t of ticks(y0, y1, log)) {
      const y = Math.round(Y(t)) + 0.5;
      c.beginPath(); c.moveTo(left, y); c.lineTo(w - right, y); c.stroke();
      c.fillText(short(t, 2), left - 6, y);
    }
    [a, (a + b) / 2, b].map(Math.round).forEach((step, i) => {
      c.textAlign = ["left", "center", "right"][i];
      c.fillText(count(step), X(step), hh - 8);
    });
    for (const s of [...this.series].sort((p, q) => (p.current ? 1 : 0) - (q.current ? 1 : 0))) this.line(c, s, X, Y, w - left - right, a, b);
    for (const mark of this.marks) {
      if (mark.step < a || mark.step > b) continue;
      c.fillStyle = colour("wrong");
      c.beginPath(); c.moveTo(X(mark.step), top); c.lineTo(X(mark.step) - 4, top - 7); c.lineTo(X(mark.step) + 4, top - 7); c.fill();
    }
    return {picture, X, ink, strong: colour("ink")};
  }

  paint() {
    const w = this.el.clientWidth, hh = this.el.clientHeight, ratio = devicePixelRatio || 1, top = 8, bottom = 20;
    if (!w || !hh) return;
    const key = [w, hh, ratio, isDark(), ...(this.zoom || [])].join();
    if (!this.base || this.base.key !== key) this.base = {...this.drawn(w, hh, ratio), key};
    const {picture, X, empty, ink, strong} = this.base, [a, b] = this.range();
    if (this.canvas.width !== picture.width) this.canvas.width = picture.width;
    if (this.canvas.height !== picture.height) this.canvas.height = picture.height;
    const c = this.canvas.getContext("2d");
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, picture.width, picture.height);
    c.drawImage(picture, 0, 0);
    if (empty) return;
    c.scale(ratio, ratio);
    if (this.at !== null && this.at >= a && this.at <= b) {
      c.strokeStyle = strong; c.lineWidth = 1.5;
      c.beginPath(); c.moveTo(X(this.at), top - 4); c.lineTo(X(this.at), hh - bottom + 4); c.stroke();
    }
    if (this.drag) {
      c.fillStyle = "rgba(120,140,160,.25)";
      c.fillRect(X(this.drag[0]), top, X(this.drag[1]) - X(this.drag[0]), hh - top - bottom);
    }
    this.tip.hidden = this.hover === null;
    if (this.hover !== null) {
      c.strokeStyle = ink; c.lineWidth = 1; c.setLineDash([2, 3]);
      c.beginPath(); c.moveTo(X(this.hover), top); c.lineTo(X(this.hover), hh - bottom); c.stroke();
      c.setLineDash([]);
      const told = this.series.map((s) => [s, s.loss[Math.round((this.hover - s.first) / (s.thin || 1))]]).filter(([, v]) => v !== undefined);
      const mark = this.marks.find((m) => Math.abs(X(m.step) - X(this.hover)) < 5);
      this.tip.textContent = `step ${count(this.hover)}` + told.slice(0, 4).map(([s, v]) => ` · ${this.series.length > 1 ? s.label + " " : "loss "}${short(v)}`).join("")
        + (mark ? ` · ${mark.words}` : "");
      this.tip.style.setProperty(X(this.hover) > w / 2 ? "right" : "left", "52px");
      this.tip.style.removeProperty(X(this.hover) > w / 2 ? "left" : "right");
    }
  }

  line(c, s, X, Y, pixels, a, b) {
    const thin = s.thin || 1, from = Math.max(0, Math.floor((a - s.first) / thin)), to = Math.min(s.loss.length, Math.ceil((b - s.first) / thin) + 1);
    const per = Math.max(1, (to - from) / Math.max(1, pixels));
    const tone = branchColour(s.number);
    c.strokeStyle = tone; c.lineWidth = 1;
    if (to - from > 60) { // single steps jump about: a pale line of them, a clear line of their mean
      c.globalAlpha = s.current ? 0.32 : 0.14;
      c.beginPath();
      for (let i = from; i < to; i += per) {
        let low = Infinity, high = -Infinity;
        for (let k = Math.floor(i); k < Math.min(to, Math.floor(i + per) || 1 + i); k++) { low = Math.min(low, s.loss[k]); high = Math.max(high, s.loss[k]); }
        if (!(low < Infinity)) continue;
        const x = X(s.first + i * thin);
        c.moveTo(x, Y(low) + 0.5); c.lineTo(x, Y(high) - 0.5);
      }
      c.stroke();
    }
    c.globalAlpha = s.current ? 1 : 0.65; c.lineWidth = s.current ? 2 : 1.5;
    const keep = to - from > 60 ? Math.max(1, Math.round((to - from) / 60)) : 1;
    c.beginPath();
    let mean = s.loss[from], begun = false;
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(s.loss[i])) continue;
      mean = Number.isFinite(mean) ? mean + (s.loss[i] - mean) / Math.min(keep, i - from + 1) : s.loss[i];
      if ((i - from) % Math.max(1, Math.floor(per)) && i < to - 1) continue;
      const x = X(s.first + i * thin), y = Y(mean);
      if (begun) c.lineTo(x, y); else c.moveTo(x, y);
      begun = true;
    }
    c.stroke();
    c.globalAlpha = 1;
  }
}

function ticks(y0, y1, log) {
  if (log) {
    const found = [];
    for (let e = Math.ceil(y0); e <= Math.floor(y1); e++) found.push(10 ** e);
    return found.length ? found : [10 ** y1];
  }
  const raw = (y1 - y0) / 3, power = 10 ** Math.floor(Math.log10(raw)), step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
  const found = [];
  for (let v = Math.ceil(y0 / step) * step; v <= y1 + 1e-12; v += step) found.push(v);
  return found;
}

/** What the doctor found at a step, as marks. */
export function marksOf(findings) {
  return findings.filter((f) => f.steps && f.steps.length).map((f) => ({step: f.steps[0], words: `${f.severity}: ${f.name}${f.layer ? ` in ${f.layer}` : ""}`}));
}

/** Steps at which the loss stands out above those before it: the places worth a look. */
export function largestRises(first, loss, most = 6) {
  const found = [];
  let mean = loss[0], spread = 0;
  for (let i = 1; i < loss.length; i++) {
    const off = loss[i] - mean;
    if (i > 20 && spread > 0) found.push([off / spread, i]);
    const keep = 1 / Math.min(40, i + 1);
    mean += off * keep;
    spread += (Math.abs(off) - spread) * keep;
  }
  found.sort((p, q) => q[0] - p[0]);
  return found.slice(0, most).filter(([size]) => size > 2.5)
    .map(([, i]) => ({step: first + i, words: `a rise: the loss of this batch is ${short(loss[i], 3)}`})).sort((p, q) => p.step - q.step);
}
