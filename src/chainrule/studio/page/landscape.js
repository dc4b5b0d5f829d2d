// The loss on a plane through the weights, with the way of a training over it: in the Step place, and as a widget.
import {h, short, colour} from "./kit.js";
import {Heat} from "./heat.js";

/** The view of {header, arrays}; arrays.at is where the step in question stands. onStep(step) is called by a click on the way. */
export function landscape({header, arrays}, {width, onStep = null}) {
  const {a, b, losses, path, at} = arrays, n = a.length, m = b.length;
  const heat = new Heat({label: "The loss on a plane through the weights. Arrow keys point at a place."});
  const finite = Array.from(losses).filter(Number.isFinite), least = Math.min(...finite), most = Math.max(...finite), lowest = losses.indexOf(least);
  const depth = (v) => 1 - Math.log1p((50 * (v - least)) / (most - least || 1)) / Math.log1p(50); // low is dark, and what is low is told apart
  heat.show(Float32Array.from(losses, depth), m, n, {width, most: width, chosen: [Math.floor(lowest / n), lowest % n], tell: (r, k) => `a = ${short(a[k], 3)}, b = ${short(b[r], 3)}: loss ${short(losses[r * n + k])}`});
  if (path && path.length) {
    const wide = parseFloat(heat.canvas.style.width), high = parseFloat(heat.canvas.style.height);
    const X = (v) => ((v - a[0]) / (a[n - 1] - a[0])) * (wide - wide / n) + wide / n / 2, Y = (v) => ((v - b[0]) / (b[m - 1] - b[0])) * (high - high / m) + high / m / 2;
    const points = Array.from({length: path.length / 2}, (_, k) => [X(path[2 * k]), Y(path[2 * k + 1])]), line = points.map((p) => p.join(",")).join(" ");
    const way = (stroke, thick) => h("svg:polyline", {points: line, fill: "none", stroke: colour(stroke), "stroke-width": thick});
    heat.el.append(h("svg:svg", {class: "way", width: wide, height: high, "aria-hidden": "true"}, way("paper", 4), way("ink", 1.5),
      points.map(([x, y], k) => h("svg:circle", {class: onStep ? "open" : null, cx: x, cy: y, r: 4, fill: colour("ink"), stroke: colour("paper"), onclick: onStep && ((e) => { e.stopPropagation(); onStep(header.steps[k]); })}, h("svg:title", {}, `step ${header.steps[k]}`))),
      at ? h("svg:circle", {class: "here", cx: X(at[0]), cy: Y(at[1]), r: 8, fill: colour("minus"), stroke: colour("paper"), "stroke-width": 2.5}, h("svg:title", {}, `step ${header.step}`)) : null));
  }
  return [h("p", {class: "soft small"}, `Across: ${header.words[0]}. Down: ${header.words[1]}. Blue is a low loss; the frame is round the lowest, ${short(least)}.`), heat.el];
}
