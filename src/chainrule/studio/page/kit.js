// Small tools that every view uses: elements, numbers, colours, messages of arrays.

/** The element that has the theme and the colours: the page's own, or that of a notebook's widget. */
export const host = {root: document.documentElement};

/** An element. Attributes: on... are listeners, class, style is an object; children are texts, elements, lists or null. */
export function h(name, attributes = {}, ...children) {
  const svg = name.startsWith("svg:");
  const el = svg ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined) continue;
    if (key.startsWith("aria-")) el.setAttribute(key, String(value));
    else if (value === false) continue;
    else if (key.startsWith("on")) el.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) el.style.setProperty(k, v);
    else if (key === "value" && !svg) el.value = value;
    else if (key === "checked" || key === "disabled" || key === "selected" || key === "hidden") el[key] = Boolean(value);
    else el.setAttribute(key, value === true ? "" : value);
  }
  add(el, children);
  return el;
}

/** Appends texts, elements and lists of them. */
export function add(el, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    el.append(child instanceof Node ? child : String(child));
  }
  return el;
}

/** Replaces what an element holds. */
export function fill(el, ...children) {
  el.replaceChildren();
  return add(el, children);
}

/** A number with a few digits that count. */
export function short(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(Math.max(0, digits - 2)).replace("e+", "e").replace("-", "−");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

/** A whole number with commas. */
export function count(value) {
  return Math.round(value).toLocaleString("en-US");
}

/** A share as per cent. */
export function percent(value, digits = 1) {
  return `${(100 * value).toFixed(digits)} %`;
}

/** Reads a packed message: {header, arrays}; see frames.py. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const arrays = {};
  const kinds = {float32: Float32Array, uint8: Uint8Array, int32: Int32Array, float16: Uint16Array};
  for (const [name, kind, shape, offset] of header.arrays) {
    const size = shape.reduce((a, b) => a * b, 1);
    let values = new kinds[kind](buffer, 4 + length + offset, size);
    if (kind === "float16") values = fromHalf(values);
    values.shape = shape;
    arrays[name] = values;
  }
  return {header, arrays};
}

/** float16 bits as numbers. */
export function fromHalf(bits) {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i], exponent = (b >> 10) & 31, fraction = b & 1023, sign = b & 32768 ? -1 : 1;
    out[i] = exponent === 0 ? sign * fraction * 2 ** -24
      : exponent === 31 ? (fraction ? NaN : sign * Infinity) : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

/** Whether the page is dark now. */
export function isDark() {
  const chosen = host.root.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

const LIGHT = {minus: [213, 94, 0], zero: [252, 252, 250], plus: [0, 114, 178]};
const DARK = {minus: [240, 140, 60], zero: [26, 30, 34], plus: [86, 170, 233]};

/** The colours of numbers: orange below 0, the page's ground at 0, blue above; 256 entries for -1 to 1. */
export function signedColours() {
  const tones = isDark() ? DARK : LIGHT, table = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const t = (i - 128) / 127, end = t < 0 ? tones.minus : tones.plus, s = Math.min(1, Math.abs(t));
    for (let c = 0; c < 3; c++) table[3 * i + c] = Math.round(tones.zero[c] + (end[c] - tones.zero[c]) * s);
  }
  return table;
}

/** A number's place on a scale that shows small values and keeps extremes in order: -1 to 1. */
export function bend(value, typical, largest) {
  const s = Math.asinh(largest / (typical || 1)) || 1;
  return Math.asinh(value / (typical || 1)) / s;
}

/** Draws bytes (0 to 255, 128 is 0) into a canvas of w x h. */
export function paintBytes(canvas, bytes, w, h_, table = signedColours()) {
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h_) canvas.height = h_;
  const context = canvas.getContext("2d"), image = context.createImageData(w, h_), data = image.data;
  for (let i = 0; i < w * h_; i++) {
    const k = 3 * bytes[i];
    data[4 * i] = table[k]; data[4 * i + 1] = table[k + 1]; data[4 * i + 2] = table[k + 2]; data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Draws grey values into a canvas: 0 is the paper, 255 the ink. rgb: three numbers a pixel, as they are. */
export function paintInk(canvas, bytes, w, h_, rgb = false, natural = false) {
  canvas.width = w; canvas.height = h_;
  const context = canvas.getContext("2d"), image = context.createImageData(w, h_), data = image.data;
  for (let i = 0; i < w * h_; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = rgb ? bytes[3 * i + c] : natural ? bytes[i] : 255 - bytes[i];
    data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** A CSS colour of the page by its name. */
export function colour(name) {
  return getComputedStyle(host.root).getPropertyValue(`--${name}`).trim();
}

/** Says something to those who listen to the page. */
export function say(text) {
  const el = document.getElementById("said");
  if (el) el.textContent = text;
}

/** Calls a function at most once per animation frame. */
export function onceAFrame(act) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; act(); });
  };
}
