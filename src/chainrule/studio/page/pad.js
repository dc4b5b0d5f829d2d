// A pad to draw on with pointer or touch: dark ink on light paper.
import {h} from "./kit.js";

/** The pad. onChange() is called while something is drawn. */
export class Pad {
  constructor({size = 280, onChange = () => {}} = {}) {
    this.size = size; this.onChange = onChange; this.empty = true;
    this.canvas = h("canvas", {class: "pad", width: size, height: size, tabindex: "0", role: "img", "aria-label": "A pad: draw a digit with the pointer"});
    this.el = h("div", {class: "pad-box"}, this.canvas);
    this.context = this.canvas.getContext("2d");
    this.clear();
    let last = null;
    const at = (e) => { const b = this.canvas.getBoundingClientRect(); return [((e.clientX - b.left) * size) / b.width, ((e.clientY - b.top) * size) / b.height]; };
    this.canvas.addEventListener("pointerdown", (e) => { last = at(e); this.line(last, last); this.canvas.setPointerCapture(e.pointerId); e.preventDefault(); });
    this.canvas.addEventListener("pointermove", (e) => { if (!last) return; const now = at(e); this.line(last, now); last = now; });
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => { last = null; });
  }

  clear() {
    this.context.fillStyle = "#fff";
    this.context.fillRect(0, 0, this.size, this.size);
    this.empty = true;
  }

  line(a, b) {
    const c = this.context;
    c.strokeStyle = "#111"; c.lineWidth = this.size / 15; c.lineCap = "round"; c.lineJoin = "round";
    c.beginPath(); c.moveTo(...a); c.lineTo(b[0] + 0.01, b[1]); c.stroke();
    this.empty = false;
    this.onChange();
  }

  /** A whole stroke through some points. */
  stroke(points) {
    for (let k = 1; k < points.length; k++) this.line(points[k - 1], points[k]);
  }

  /** Grey values of the drawing, side x side. */
  bytes(side) {
    const small = new OffscreenCanvas(side, side), c = small.getContext("2d"), out = new Uint8Array(side * side);
    c.imageSmoothingQuality = "high";
    c.drawImage(this.canvas, 0, 0, side, side);
    const {data} = c.getImageData(0, 0, side, side);
    for (let i = 0; i < out.length; i++) out[i] = data[4 * i];
    return out;
  }
}
