// A loss landscape in a notebook: point at it to read the loss there.
import {h, fill, short, colour} from "./kit.js";
import {landscape} from "./landscape.js";
import {Kernel, enter} from "./widget.js";

/** Draws it; returns how to end it. */
export async function draw(model, el, style) {
  const {main, fail} = enter(el, style), source = new Kernel(model);
  try {
    const {header, arrays} = await source.see("landscape");
    fill(main, header.kind === "line" ? line(header, arrays) : landscape({header, arrays}, {width: 420}));
  } catch (problem) { fail(problem); }
  return () => source.close();
}

function line(header, {places, losses}) {
  const w = 560, hh = 200, finite = Array.from(losses).filter(Number.isFinite), low = Math.min(...finite), high = Math.max(...finite), first = places[0], last = places[places.length - 1];
  const X = (v) => 8 + ((v - first) / (last - first || 1)) * (w - 16), Y = (v) => hh - 10 - ((v - low) / (high - low || 1)) * (hh - 20), told = h("p", {class: "line-told"}, `loss from ${short(low)} to ${short(high)}; point at the line to read it`);
  const mark = h("svg:circle", {r: 4, fill: colour("wrong"), visibility: "hidden"}), points = Array.from(places).map((v, k) => [X(v), Y(losses[k])]).filter(([, y]) => Number.isFinite(y));
  const svg = h("svg:svg", {class: "line", viewBox: `0 0 ${w} ${hh}`, role: "img", "aria-label": `${header.words}: loss from ${short(low)} to ${short(high)}`, onpointermove: (e) => {
    const box = svg.getBoundingClientRect(), at = first + (((e.clientX - box.left) / box.width) * w - 8) / (w - 16) * (last - first), k = Array.from(places).reduce((best, v, i) => (Math.abs(v - at) < Math.abs(places[best] - at) ? i : best), 0);
    mark.setAttribute("cx", X(places[k])); mark.setAttribute("cy", Y(losses[k])); mark.setAttribute("visibility", "visible");
    told.textContent = `at ${short(places[k], 3)}: loss ${short(losses[k])}`;
  }}, h("svg:polyline", {points: points.map((p) => p.join(",")).join(" "), fill: "none", stroke: colour("blue"), "stroke-width": 2}),
  header.known.map((v) => h("svg:line", {x1: X(v), x2: X(v), y1: 4, y2: hh - 4, stroke: colour("soft"), "stroke-dasharray": "3 3"})), mark);
  return [h("p", {class: "soft small"}, header.words), svg, told];
}
