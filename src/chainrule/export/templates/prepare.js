// From a drawing or a picture of one digit on plain ground to 28 x 28, as Chainrule's own preparation does it.
// A picture is {rows, columns, values: Float32Array}. For pages and photos: chainrule serve.
"use strict";

const FINE = 6; // fine pixels per pixel of the box while strokes are worked on
const MARGIN = 4; // boxes' pixels of paper kept around the digit meanwhile
const MOST_CHANGE = 2.5; // strokes are made finer by at most this many of the box's pixels

const picture = (rows, columns, values) => ({ rows, columns, values: values || new Float32Array(rows * columns) });

/** Half to even, as Python rounds. */
function round(v) {
  const low = Math.floor(v), rest = v - low;
  return rest < 0.5 || (rest === 0.5 && low % 2 === 0) ? low : low + 1;
}

const FILTERS = {
  box: { reach: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bicubic: {
    reach: 2,
    weight(x) {
      const a = -0.5;
      x = Math.abs(x);
      if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    },
  },
};

/** The weights of each new pixel over the old ones: the filter, widened where the picture gets smaller. */
function resamplers(from, to, filter) {
  const scale = from / to, wide = Math.max(scale, 1), reach = filter.reach * wide, found = [];
  for (let k = 0; k < to; k++) {
    const center = (k + 0.5) * scale, first = Math.max(0, Math.trunc(center - reach + 0.5));
    const stop = Math.min(from, Math.trunc(center + reach + 0.5)), weights = [];
    for (let x = first; x < stop; x++) weights.push(filter.weight((x - center + 0.5) / wide));
    const sum = weights.reduce((a, b) => a + b, 0);
    found.push([first, weights.map((w) => w / sum)]);
  }
  return found;
}

function resized(p, rows, columns, filter) {
  let values = p.values;
  if (columns !== p.columns) {
    const out = new Float32Array(p.rows * columns), across = resamplers(p.columns, columns, filter);
    for (let r = 0; r < p.rows; r++)
      across.forEach(([first, weights], c) => {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += values[r * p.columns + first + k] * weights[k];
        out[r * columns + c] = sum;
      });
    values = out;
  }
  if (rows !== p.rows) {
    const out = new Float32Array(rows * columns);
    resamplers(p.rows, rows, filter).forEach(([first, weights], r) => {
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += values[(first + k) * columns + c] * weights[k];
        out[r * columns + c] = sum;
      }
    });
    values = out;
  }
  return picture(rows, columns, values === p.values ? values.slice() : values);
}

function padded(p, rows, columns = rows) {
  const out = picture(p.rows + 2 * rows, p.columns + 2 * columns);
  for (let r = 0; r < p.rows; r++)
    out.values.set(p.values.subarray(r * p.columns, (r + 1) * p.columns), (r + rows) * out.columns + columns);
  return out;
}

function cut(p, top, left, bottom, right) {
  const out = picture(bottom - top, right - left);
  for (let r = 0; r < out.rows; r++)
    out.values.set(p.values.subarray((r + top) * p.columns + left, (r + top) * p.columns + right), r * out.columns);
  return out;
}

/** The smallest box around what is at least half ink. */
function cropped(p) {
  let top = p.rows, left = p.columns, bottom = 0, right = 0;
  for (let r = 0; r < p.rows; r++)
    for (let c = 0; c < p.columns; c++)
      if (p.values[r * p.columns + c] >= 0.5) {
        top = Math.min(top, r);
        bottom = Math.max(bottom, r + 1);
        left = Math.min(left, c);
        right = Math.max(right, c + 1);
      }
  return bottom ? cut(p, top, left, bottom, right) : p;
}

/** Mean over the 3 x 3 pixels around each, cut at the edge. */
function smoothed(p) {
  const out = picture(p.rows, p.columns), middle = new Float64Array(p.values.length);
  for (let r = 0; r < p.rows; r++)
    for (let c = 0; c < p.columns; c++) {
      let sum = 0, n = 0;
      for (let i = Math.max(0, r - 1); i <= Math.min(p.rows - 1, r + 1); i++, n++) sum += p.values[i * p.columns + c];
      middle[r * p.columns + c] = sum / n;
    }
  for (let r = 0; r < p.rows; r++)
    for (let c = 0; c < p.columns; c++) {
      let sum = 0, n = 0;
      for (let j = Math.max(0, c - 1); j <= Math.min(p.columns - 1, c + 1); j++, n++) sum += middle[r * p.columns + j];
      out.values[r * p.columns + c] = sum / n;
    }
  return out;
}

/** Twice the area over the length of the outline (crossings along rows and columns, times pi/4). */
function strokeWidth(p) {
  let area = 0, crossings = 0;
  for (let r = 0, i = 0; r < p.rows; r++)
    for (let c = 0; c < p.columns; c++, i++) {
      if (p.values[i] < 0.5) continue; // each side of a pixel of ink that has no ink beside it
      area++;
      crossings += (c === 0 || p.values[i - 1] < 0.5) + (c === p.columns - 1 || p.values[i + 1] < 0.5);
      crossings += (r === 0 || p.values[i - p.columns] < 0.5) + (r === p.rows - 1 || p.values[i + p.columns] < 0.5);
    }
  return crossings ? (2 * area) / ((crossings * Math.PI) / 4) : 0;
}

/** The largest of the 2 radius + 1 values around each, by doubling: windows of 1, 2, 4, ... then two of them overlapped. */
function rowMax(p, radius) {
  radius = Math.min(radius, p.columns - 1);
  if (radius < 1) return p.values;
  const wide = p.columns + 2 * radius, out = new Float32Array(p.values.length), line = new Float32Array(wide);
  for (let r = 0; r < p.rows; r++) {
    line.fill(0);
    line.set(p.values.subarray(r * p.columns, (r + 1) * p.columns), radius);
    for (let length = 1, step; length < 2 * radius + 1; length += step) {
      step = Math.min(length, 2 * radius + 1 - length);
      for (let c = 0; c < wide - step; c++) if (line[c + step] > line[c]) line[c] = line[c + step];
    }
    out.set(line.subarray(0, p.columns), r * p.columns);
  }
  return out;
}

/** The largest value within a disc around every pixel. */
function discMax(p, radius) {
  const reach = Math.trunc(radius), out = picture(p.rows, p.columns), best = out.values;
  for (let dy = 0; dy <= reach; dy++) {
    const wide = rowMax(p, Math.trunc(Math.sqrt(radius * radius - dy * dy)));
    for (const move of dy ? [dy * p.columns, -dy * p.columns] : [0]) {
      const stop = Math.min(best.length, best.length + move);
      for (let i = Math.max(0, move); i < stop; i++) if (wide[i - move] > best[i]) best[i] = wide[i - move];
    }
  }
  return out;
}

const inverted = (p) => picture(p.rows, p.columns, p.values.map((v) => 1 - v));

/** Strokes brought between `finest` and `widest` (pixels of the box) where they are not. */
function widened(p, finest, widest) {
  const width = strokeWidth(p) / FINE;
  if (width <= 0 || (finest <= width && width <= widest)) return p;
  const change = Math.max((width < finest ? finest : widest) - width, -MOST_CHANGE) * FINE, radius = Math.abs(change) / 2;
  if (radius < 0.5) return p;
  if (change > 0) return discMax(p, radius);
  const margin = Math.trunc(radius) + 1, finer = inverted(discMax(inverted(padded(p, margin)), radius));
  return cut(finer, margin, margin, margin + p.rows, margin + p.columns);
}

/** The ink on a fine grid: longest side `box` * FINE, soft-edged, with paper around it. */
function fitted(p, box) {
  const scale = (box * FINE) / Math.max(p.rows, p.columns);
  const columns = Math.max(1, round(p.columns * scale)), rows = Math.max(1, round(p.rows * scale));
  const around = Math.max(1, round((MARGIN * FINE) / scale)), border = round(around * scale);
  const filter = scale < 1 ? FILTERS.box : FILTERS.bicubic;
  let big = resized(padded(p, around), rows + 2 * border, columns + 2 * border, filter);
  const pen = strokeWidth(p) * scale;
  if (pen > 0 && pen < 2.5) big = picture(big.rows, big.columns, big.values.map((v) => v * Math.fround(2.5 / pen)));
  const spare = Math.max(0, border - MARGIN * FINE);
  const soft = smoothed(cut(big, spare, spare, big.rows - spare, big.columns - spare));
  return picture(soft.rows, soft.columns, soft.values.map((v) => Math.min(1, Math.max(0, v))));
}

const sharpened = (p) => picture(p.rows, p.columns, p.values.map((v) => Math.min(1, Math.max(0, (v - 0.5) / 0.25 + 0.5))));

/** Columns to the left per row down. */
function slant(p) {
  let total = 0, y = 0, x = 0;
  const each = (visit) => p.values.forEach((v, i) => v && visit(v, Math.floor(i / p.columns), i % p.columns));
  each((v, r, c) => { total += v; y += v * r; x += v * c; });
  if (total <= 0) return 0;
  let yy = 0, xy = 0;
  each((v, r, c) => { yy += v * (r - y / total) ** 2; xy += v * (r - y / total) * (c - x / total); });
  return yy > 0 ? -xy / yy : 0;
}

function sheared(p, lean) {
  const grow = Math.ceil((Math.abs(lean) * p.rows) / 2) + 1, wide = padded(p, 0, grow), out = picture(wide.rows, wide.columns);
  const clip = (c) => Math.min(wide.columns - 1, Math.max(0, c));
  for (let r = 0; r < out.rows; r++)
    for (let c = 0; c < out.columns; c++) {
      const at = c + 0.5 - lean * (r + 0.5) + (lean * p.rows) / 2;
      if (at < 0 || at >= wide.columns) continue;
      const left = Math.floor(at - 0.5), part = at - 0.5 - left, row = r * wide.columns;
      const a = wide.values[row + clip(left)], b = wide.values[row + clip(left + 1)];
      out.values[r * out.columns + c] = a + (b - a) * part;
    }
  return out;
}

/** Area means into a box, aspect kept, centre of mass in the middle; levels from 0 to 255. */
function centred(p, box, size) {
  const ink = cropped(p), scale = box / Math.max(ink.rows, ink.columns);
  const rows = Math.max(1, round(ink.rows * scale)), columns = Math.max(1, round(ink.columns * scale));
  const small = resized(ink, rows, columns, FILTERS.box), out = new Uint8Array(size * size);
  let total = 0, y = 0, x = 0;
  small.values.forEach((v, i) => {
    total += v;
    y += v * (Math.floor(i / columns) + 0.5);
    x += v * ((i % columns) + 0.5);
  });
  if (total <= 0) return out;
  const top = Math.min(Math.max(round(size / 2 - y / total), 0), size - rows);
  const left = Math.min(Math.max(round(size / 2 - x / total), 0), size - columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      out[(top + r) * size + left + c] = round(Math.min(1, Math.max(0, small.values[r * columns + c])) * 255);
  return out;
}

/** The level below which a share of some levels from 0 to 255 lies. */
function percentile(values, share) {
  const counts = new Uint32Array(256), place = Math.min(values.length - 1, Math.floor(share * values.length));
  for (const value of values) counts[value]++;
  let level = 0;
  for (let seen = counts[0]; seen <= place; seen += counts[level]) level++;
  return level;
}

/** Where there is ink (1) in levels of grey; light ink on dark ground is found, too. */
function inkOf(p) {
  const { rows, columns, values } = p, ring = [], sample = [], step = Math.max(1, Math.floor(values.length / 40000));
  for (let c = 0; c < columns; c++) ring.push(values[c], values[(rows - 1) * columns + c]);
  for (let r = 0; r < rows; r++) ring.push(values[r * columns], values[(r + 1) * columns - 1]);
  for (let i = 0; i < values.length; i += step) sample.push(values[i]);
  const edge = percentile(ring, 0.5), light = edge < (percentile(sample, 0.01) + percentile(sample, 0.99)) / 2;
  const ground = Math.max(24, light ? 255 - edge : edge), ink = picture(rows, columns);
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const dark = 1 - (light ? 255 - values[i] : values[i]) / ground;
    ink.values[i] = dark;
    if (dark > most) most = dark;
  }
  const least = Math.max(0.07, 0.4 * Math.min(1, most));
  for (let i = 0; i < values.length; i++) ink.values[i] = ink.values[i] >= least ? 1 : 0;
  return ink;
}

/** The pieces of ink that hang together, without specks. */
function withoutSpecks(ink) {
  const { rows, columns, values } = ink, label = new Int32Array(values.length), open = new Int32Array(values.length), pieces = [];
  for (let start = 0; start < values.length; start++) {
    if (!values[start] || label[start]) continue;
    const number = pieces.length + 1;
    let top = rows, left = columns, bottom = 0, right = 0, area = 0, waiting = 1;
    label[start] = number;
    open[0] = start;
    while (waiting) {
      const at = open[--waiting], r = Math.floor(at / columns), c = at - r * columns;
      area++;
      if (r < top) top = r;
      if (r > bottom) bottom = r;
      if (c < left) left = c;
      if (c > right) right = c;
      for (let i = Math.max(0, r - 1); i <= Math.min(rows - 1, r + 1); i++)
        for (let k = i * columns + Math.max(0, c - 1); k <= i * columns + Math.min(columns - 1, c + 1); k++)
          if (values[k] && !label[k]) {
            label[k] = number;
            open[waiting++] = k;
          }
    }
    pieces.push({ area, longest: Math.max(bottom - top, right - left) + 1 });
  }
  const longest = Math.max(0, ...pieces.map((p) => p.longest)), largest = Math.max(0, ...pieces.map((p) => p.area));
  const good = [0, ...pieces.map((p) => (p.longest >= 0.06 * longest && p.area >= 0.002 * largest ? 1 : 0))];
  const out = picture(rows, columns);
  for (let i = 0; i < values.length; i++) out.values[i] = good[label[i]];
  return out;
}

/** A picture that already is as MNIST's (28 x 28, white on black or turned over), or null. */
function mnistLike(p, size) {
  if (p.rows !== size || p.columns !== size) return null;
  const edge = (values) => values.filter((_, i) => i < size || i >= size * (size - 1) || i % size === 0 || i % size === size - 1);
  let values = p.values;
  if (percentile(edge(values), 0.5) >= 216) values = values.map((v) => 255 - v);
  const ring = edge(values), strong = values.filter((v) => v >= 32).length;
  let total = 0, y = 0, x = 0, top = size, left = size, bottom = 0, right = 0;
  values.forEach((v, i) => {
    if (v < 32) return;
    const r = Math.floor(i / size), c = i % size;
    total += v; y += v * r; x += v * c;
    top = Math.min(top, r); bottom = Math.max(bottom, r); left = Math.min(left, c); right = Math.max(right, c);
  });
  if (!total || Math.max(...values) < 128 || strong > 0.5 * size * size) return null;
  if (ring.filter((v) => v >= 32).length > 0.08 * ring.length || percentile(ring, 0.5) > 24) return null;
  const longer = Math.max(bottom - top, right - left) + 1, away = Math.max(Math.abs(y / total - size / 2), Math.abs(x / total - size / 2));
  return longer >= 17 && longer <= 22 && away <= 0.8 ? Uint8Array.from(values) : null;
}

/** All readings of the one digit in a picture of grey levels, each 28 x 28 levels; [] where there is no ink. */
function prepare(p, settings) {
  const like = mnistLike(p, settings.size);
  if (like) return [like];
  const ink = cropped(withoutSpecks(inkOf(p)));
  if (!ink.values.some((v) => v)) return [];
  const fine = sharpened(fitted(ink, settings.box));
  return settings.views.map(([finest, widest, upright]) => {
    let drawn = settings.thickness ? widened(fine, finest, widest) : fine;
    if (upright) drawn = sheared(drawn, upright * slant(drawn));
    return centred(drawn, settings.box, settings.size);
  });
}
