// The forward direction of an exported model. Examples lie flat, one after the other; channels come last.
"use strict";

/** Numbers of 16 bits to 32: sign, exponent, fraction (IEEE 754 binary16). */
function fromFloat16(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.byteLength / 2);
  for (let i = 0; i < out.length; i++) {
    const h = view.getUint16(2 * i, true), exponent = (h >> 10) & 31, fraction = h & 1023;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : fraction * 2 ** -24;
    out[i] = h & 32768 ? -size : size;
  }
  return out;
}

/** A model's operations with their weights: slices of one block of numbers. */
function unpack(entries, base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const numbers = fromFloat16(bytes);
  return entries.map((entry) => {
    const weights = {};
    for (const [name, [start, shape]] of Object.entries(entry.weights)) {
      weights[name] = numbers.subarray(start, start + shape.reduce((a, b) => a * b, 1));
      weights[name].sizes = shape;
    }
    return { ...entry, weights };
  });
}

const count = (shape) => shape.reduce((a, b) => a * b, 1);

function dense(x, n, op) {
  const [inputs, units] = op.weights.kernel.sizes, kernel = op.weights.kernel, bias = op.weights.bias;
  const rows = x.length / inputs, y = new Float32Array(rows * units);
  for (let r = 0; r < rows; r++) {
    const out = y.subarray(r * units, (r + 1) * units);
    if (bias) out.set(bias);
    for (let i = 0; i < inputs; i++) {
      const value = x[r * inputs + i];
      if (value === 0) continue; // most of a drawing is paper
      const start = i * units;
      for (let j = 0; j < units; j++) out[j] += value * kernel[start + j];
    }
  }
  return y;
}

/** Calls visit(example, output place, input place, kernel place) for every pixel that a window sees. */
function windows(op, n, visit) {
  const [rows, columns] = op.input, [outRows, outColumns] = op.output, s = op.settings;
  const [height, width] = s.size, [down, right] = s.strides, [top, left] = s.pads, [stepDown, stepRight] = s.dilation || [1, 1];
  for (let e = 0; e < n; e++)
    for (let r = 0; r < outRows; r++)
      for (let c = 0; c < outColumns; c++)
        for (let i = 0; i < height; i++) {
          const row = r * down + i * stepDown - top;
          if (row < 0 || row >= rows) continue;
          for (let j = 0; j < width; j++) {
            const column = c * right + j * stepRight - left;
            if (column < 0 || column >= columns) continue;
            visit((e * outRows + r) * outColumns + c, (e * rows + row) * columns + column, i * width + j);
          }
        }
}

function conv2d(x, n, op) {
  const [, , inputs, filters] = op.weights.kernel.sizes, kernel = op.weights.kernel, bias = op.weights.bias;
  const groups = op.settings.groups, channels = inputs * groups, each = filters / groups;
  const y = new Float32Array(n * count(op.output));
  if (bias) for (let p = 0; p < y.length; p += filters) y.set(bias, p);
  windows(op, n, (out, at, place) => {
    for (let k = 0; k < channels; k++) {
      const value = x[at * channels + k], group = Math.floor(k / inputs);
      if (value === 0) continue;
      const start = (place * inputs + (k % inputs)) * filters + group * each, to = out * filters + group * each;
      for (let f = 0; f < each; f++) y[to + f] += value * kernel[start + f];
    }
  });
  return y;
}

function maxPool2d(x, n, op) {
  const channels = op.input[2], y = new Float32Array(n * count(op.output)).fill(-Infinity);
  windows(op, n, (out, at) => {
    for (let k = 0; k < channels; k++) y[out * channels + k] = Math.max(y[out * channels + k], x[at * channels + k]);
  });
  return y;
}

function averagePool2d(x, n, op) {
  const channels = op.input[2], y = new Float32Array(n * count(op.output)), seen = new Float32Array(y.length);
  windows(op, n, (out, at) => {
    for (let k = 0; k < channels; k++) {
      y[out * channels + k] += x[at * channels + k];
      seen[out * channels + k] += 1;
    }
  });
  return y.map((sum, i) => sum / seen[i]);
}

function globalPool(x, n, op, first, join, end) {
  const channels = op.input[2], positions = op.input[0] * op.input[1], y = new Float32Array(n * channels).fill(first);
  for (let e = 0; e < n; e++)
    for (let p = 0; p < positions; p++)
      for (let k = 0; k < channels; k++)
        y[e * channels + k] = join(y[e * channels + k], x[(e * positions + p) * channels + k]);
  return y.map((value) => end(value, positions));
}

function zeroPadding2d(x, n, op) {
  const [rows, columns, channels] = op.input, [outRows, outColumns] = op.output, [top, left] = op.settings.pads;
  const y = new Float32Array(n * count(op.output));
  for (let e = 0; e < n; e++)
    for (let r = 0; r < rows; r++) {
      const from = (e * rows + r) * columns * channels;
      y.set(x.subarray(from, from + columns * channels), ((e * outRows + r + top) * outColumns + left) * channels);
    }
  return y;
}

function softmax(x, n, op) {
  const classes = op.output[op.output.length - 1], y = new Float32Array(x.length);
  for (let r = 0; r < x.length; r += classes) {
    let most = -Infinity, sum = 0;
    for (let k = 0; k < classes; k++) most = Math.max(most, x[r + k]);
    for (let k = 0; k < classes; k++) sum += y[r + k] = Math.exp(x[r + k] - most);
    for (let k = 0; k < classes; k++) y[r + k] /= sum;
  }
  return y;
}

function layerNormalization(x, n, op) {
  const size = op.input[op.input.length - 1], { gamma, beta } = op.weights, y = new Float32Array(x.length);
  for (let r = 0; r < x.length; r += size) {
    let mean = 0, spread = 0;
    for (let k = 0; k < size; k++) mean += x[r + k] / size;
    for (let k = 0; k < size; k++) spread += (x[r + k] - mean) ** 2 / size;
    for (let k = 0; k < size; k++) {
      const value = (x[r + k] - mean) / Math.sqrt(spread + op.settings.epsilon);
      y[r + k] = value * (gamma ? gamma[k] : 1) + (beta ? beta[k] : 0);
    }
  }
  return y;
}

function scaleShift(x, n, op) {
  const { scale, shift } = op.weights, period = scale.length;
  return x.map((value, i) => value * scale[i % period] + shift[i % period]);
}

const sigmoid = (v) => (v < 0 ? Math.exp(v) / (1 + Math.exp(v)) : 1 / (1 + Math.exp(-v)));
const softplus = (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));
const clip = (v, low, high) => Math.min(high, Math.max(low, v));
const elu = (v, alpha) => (v > 0 ? v : alpha * Math.expm1(v));
const each = (f) => (x, n, op) => x.map((v) => f(v, op.settings));

/** The error function, to 1.2e-7 (Press et al., "Numerical Recipes", section 6.2). */
function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const factors = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368];
  const series = -1.26551223 + t * factors.reduce((sum, factor) => factor + t * sum, 0);
  return Math.sign(x) * (1 - t * Math.exp(-x * x + series));
}

const RUN = {
  dense, conv2d, softmax,
  max_pool2d: maxPool2d,
  average_pool2d: averagePool2d,
  global_average_pool2d: (x, n, op) => globalPool(x, n, op, 0, (a, b) => a + b, (sum, positions) => sum / positions),
  global_max_pool2d: (x, n, op) => globalPool(x, n, op, -Infinity, Math.max, (best) => best),
  zero_padding2d: zeroPadding2d,
  layer_normalization: layerNormalization,
  reshape: (x) => x,
  scale_shift: scaleShift,
  relu: each((v) => Math.max(v, 0)),
  leaky_relu: each((v, s) => (v > 0 ? v : s.negative_slope * v)),
  general_relu: each((v, s) => Math.min(v > s.threshold ? v : s.negative_slope * (v - s.threshold), s.max_value ?? Infinity)),
  elu: each((v, s) => elu(v, s.alpha)),
  selu: each((v) => 1.0507009873554805 * elu(v, 1.6732632423543772)),
  gelu: each((v) => v * 0.5 * (1 + erf(v / Math.SQRT2))),
  sigmoid: each(sigmoid),
  silu: each((v) => v * sigmoid(v)),
  softplus: each(softplus),
  tanh: each(Math.tanh),
  relu6: each((v) => clip(v, 0, 6)),
  hard_sigmoid: each((v) => clip(v / 6 + 0.5, 0, 1)),
  hard_sigmoid_of_keras_2: each((v) => clip(v * 0.2 + 0.5, 0, 1)),
  hard_silu: each((v) => v * clip(v / 6 + 0.5, 0, 1)),
  hard_tanh: each((v) => clip(v, -1, 1)),
  hard_shrink: each((v) => (Math.abs(v) > 0.5 ? v : 0)),
  soft_shrink: each((v) => Math.sign(v) * Math.max(Math.abs(v) - 0.5, 0)),
  tanh_shrink: each((v) => v - Math.tanh(v)),
  softsign: each((v) => v / (1 + Math.abs(v))),
  exponential: each(Math.exp),
  celu: each((v, s) => Math.max(v, 0) + s.alpha * Math.expm1(Math.min(v, 0) / s.alpha)),
  mish: each((v) => v * Math.tanh(softplus(v))),
  log_sigmoid: each((v) => -softplus(-v)),
  log_softmax: (x, n, op) => softmax(x, n, op).map(Math.log),
  squareplus: each((v) => (v + Math.hypot(v, 2)) / 2),
  sparse_plus: each((v) => (v >= 1 ? v : (clip(v, -1, 1) + 1) ** 2 / 4)),
  sparse_sigmoid: each((v) => clip(v / 2 + 0.5, 0, 1)),
};

/** What the model says to n examples. */
function forward(operations, x, n) {
  for (const op of operations) x = RUN[op.kind](x, n, op);
  return x;
}
