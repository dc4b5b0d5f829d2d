// A table of numbers as colours: point at a cell to read it, choose it with a click or the keyboard.
import {h, bend, short, signedColours, onceAFrame, colour, isDark} from "./kit.js";

/** A heat map. onHover(row, column, value) and onChoose(row, column, value); names say what rows and columns are. */
export class Heat {
  constructor({onHover = null, onChoose = null, label = "Numbers as colours"} = {}) {
    Object.assign(this, {onHover, onChoose});
    this.canvas = h("canvas", {});
    this.tip = h("span", {class: "heat-tip", hidden: true});
    this.el = h("div", {class: "heat", role: "application", "aria-label": label, "aria-roledescription": "table of numbers", tabindex: "0", "data-arrows": "",
      onpointermove: (e) => this.moved(e), onpointerleave: () => this.left(), onclick: (e) => this.clicked(e), onkeydown: (e) => this.key(e)},
    this.canvas, this.tip);
    this.values = null; this.rows = 0; this.columns = 0; this.cell = null; this.chosen = null; this.picture = null;
    this.draw = onceAFrame(() => this.paint());
  }

  /** Shows values, row by row. chosen: [row, column] or null; a row or column of -1 marks the whole line. */
  show(values, rows, columns, {chosen = null, width = 560, most = 560, tell = null} = {}) {
    Object.assign(this, {values, rows, columns, chosen, tell});
    this.scale = scaleOf(values);
    this.turned = rows > 3 * columns; // a tall array lies on its side: rows across, columns down
    if (this.turned) {
      const lying = new Float32Array(values.length);
      for (let r = 0; r < rows; r++) for (let k = 0; k < columns; k++) lying[k * rows + r] = values[r * columns + k];
      Object.assign(this, {values: lying, rows: columns, columns: rows, chosen: chosen && [chosen[1], chosen[0]], tell: tell && ((r, k, v) => tell(k, r, v))});
      [rows, columns] = [this.rows, this.columns];
    }
    const zoom = Math.max(1, Math.min(28, Math.floor(Math.min(width / columns, most / rows))));
    const w = Math.min(width, columns * zoom), high = zoom > 1 || columns <= width ? rows * zoom : (rows * width) / columns;
    this.canvas.style.setProperty("width", `${w}px`);
    this.canvas.style.setProperty("height", `${Math.min(high, most * 1.5)}px`);
    this.picture = null;
    this.draw();
  }

  /** The numbers as colours, drawn once: pointing at them only moves a mark. */
  drawn() {
    const {values, rows, columns} = this, table = signedColours(), picture = new OffscreenCanvas(columns, rows);
    const c = picture.getContext("2d"), image = c.createImageData(columns, rows), data = image.data, {typical, largest} = this.scale;
    for (let i = 0; i < rows * columns; i++) {
      const v = values[i], k = Number.isFinite(v) ? 3 * Math.round(128 + 127 * Math.max(-1, Math.min(1, bend(v, typical, largest)))) : 0;
      data[4 * i] = Number.isFinite(v) ? table[k] : 255; data[4 * i + 1] = Number.isFinite(v) ? table[k + 1] : 0;
      data[4 * i + 2] = Number.isFinite(v) ? table[k + 2] : 255; data[4 * i + 3] = 255;
    }
    c.putImageData(image, 0, 0);
    return {picture, dark: isDark()};
  }

  paint() {
    if (!this.values) return;
    const {rows, columns, canvas} = this;
    if (!this.picture || this.picture.dark !== isDark()) this.picture = this.drawn();
    const grow = Math.max(1, Math.min(8, Math.floor(900 / Math.max(rows, columns))));
    if (canvas.width !== columns * grow) canvas.width = columns * grow;
    if (canvas.height !== rows * grow) canvas.height = rows * grow;
    const c = canvas.getContext("2d");
    c.imageSmoothingEnabled = false;
    c.drawImage(this.picture.picture, 0, 0, columns * grow, rows * grow);
    const mark = (cell, tone, thick) => {
      if (!cell) return;
      const [r, k] = cell, x = k < 0 ? 0 : k * grow, y = r < 0 ? 0 : r * grow;
      c.strokeStyle = tone; c.lineWidth = thick;
      c.strokeRect(x + thick / 2, y + thick / 2, (k < 0 ? columns * grow : grow) - thick, (r < 0 ? rows * grow : grow) - thick);
    };
    mark(this.chosen, colour("ink"), Math.max(1.5, grow / 6));
    mark(this.cell, colour("soft"), Math.max(1, grow / 8));
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const k = Math.floor(((event.clientX - box.left) / box.width) * this.columns), r = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    return r >= 0 && k >= 0 && r < this.rows && k < this.columns ? [r, k] : null;
  }

  point(cell) {
    this.cell = cell;
    this.tip.hidden = !cell;
    if (cell) {
      const [r, k] = cell, v = this.values[r * this.columns + k];
      this.tip.textContent = this.tell ? this.tell(r, k, v) : `[${r}, ${k}] ${short(v, 6)}`;
      if (this.onHover) this.onHover(r, k, v);
    }
    this.draw();
  }

  moved(event) {
    const cell = this.at(event);
    if (!cell || !this.cell || cell[0] !== this.cell[0] || cell[1] !== this.cell[1]) this.point(cell);
  }

  left() {
    this.point(null);
    if (this.onHover) this.onHover(null);
  }

  clicked(event) {
    const cell = this.at(event);
    if (cell && this.onChoose) this.onChoose(...(this.turned ? [cell[1], cell[0]] : cell));
  }

  key(event) {
    const by = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (event.key === "Enter" && this.cell && this.onChoose) { this.onChoose(...(this.turned ? [this.cell[1], this.cell[0]] : this.cell)); event.preventDefault(); event.stopPropagation(); return; }
    if (!by) return;
    const [r, k] = this.cell || (this.chosen && this.chosen.map((v) => Math.max(0, v))) || [0, 0], far = event.shiftKey ? 10 : 1;
    this.point([Math.min(this.rows - 1, Math.max(0, r + by[0] * far)), Math.min(this.columns - 1, Math.max(0, k + by[1] * far))]);
    event.preventDefault();
    event.stopPropagation();
  }
}

/** What is large and what is usual in some numbers, for their colours. */
export function scaleOf(values) {
  let largest = 0, sum = 0, n = 0;
  for (let i = 0; i < values.length; i++) {
    const v = Math.abs(values[i]);
    if (!Number.isFinite(v) || v === 0) continue;
    if (v > largest) largest = v;
    sum += v; n++;
  }
  return {largest: largest || 1, typical: n ? Math.max(sum / n / 2, largest / 1000) : 1};
}

/** A row of numbers as a small strip, wrapped after `wide` cells. */
export function strip(canvas, values, wide) {
  const rows = Math.ceil(values.length / wide), {typical, largest} = scaleOf(values), table = signedColours();
  canvas.width = wide; canvas.height = rows;
  const c = canvas.getContext("2d"), image = c.createImageData(wide, rows);
  for (let i = 0; i < values.length; i++) {
    const k = 3 * Math.round(128 + 127 * Math.max(-1, Math.min(1, bend(values[i], typical, largest))));
    image.data.set([table[k], table[k + 1], table[k + 2], 255], 4 * i);
  }
  c.putImageData(image, 0, 0);
}

/** An output of height x width x channels as one picture a channel, side by side; returns what is at a point of the canvas. */
export function featureMaps(canvas, values, [high, wide, channels]) {
  const across = Math.min(channels, Math.max(1, Math.ceil(Math.sqrt(channels * 2)))), down = Math.ceil(channels / across);
  const {typical, largest} = scaleOf(values), table = signedColours();
  canvas.width = across * (wide + 1); canvas.height = down * (high + 1);
  const c = canvas.getContext("2d"), image = c.createImageData(canvas.width, canvas.height);
  for (let k = 0; k < channels; k++) {
    for (let r = 0; r < high; r++) {
      for (let q = 0; q < wide; q++) {
        const t = 3 * Math.round(128 + 127 * Math.max(-1, Math.min(1, bend(values[(r * wide + q) * channels + k], typical, largest))));
        image.data.set([table[t], table[t + 1], table[t + 2], 255], 4 * ((Math.floor(k / across) * (high + 1) + r) * canvas.width + (k % across) * (wide + 1) + q));
      }
    }
  }
  c.putImageData(image, 0, 0);
  return (x, y) => {
    const k = Math.floor(y / (high + 1)) * across + Math.floor(x / (wide + 1)), r = y % (high + 1), q = x % (wide + 1);
    return k < channels && r < high && q < wide ? {index: [r, q, k], value: values[(r * wide + q) * channels + k]} : null;
  };
}
