// A pad to draw a digit on in a notebook, or a picture that was read: the stages of its preparation and the answer.
import {h, fill, percent, paintInk} from "./kit.js";
import {Pad} from "./pad.js";
import {Kernel, enter} from "./widget.js";

/** Draws it; returns how to end it. */
export async function draw(model, el, style) {
  const {main, fail, quiet} = enter(el, style), source = new Kernel(model), answer = h("div", {class: "pad-answer", role: "status"});
  let waiting = null;
  const show = async (ask) => {
    try { const found = await ask(); quiet(); fill(answer, told(found)); } catch (problem) { fail(problem); }
  };
  if (model.get("draws")) {
    const pad = new Pad({onChange: () => { clearTimeout(waiting); waiting = setTimeout(() => show(() => source.see("drawing", {w: 140, h: 140}, pad.bytes(140))), 120); }});
    fill(main, h("div", {class: "use"}, h("div", {}, pad.el, h("button", {type: "button", class: "clear", onclick: () => { clearTimeout(waiting); pad.clear(); fill(answer, hint()); }}, "Clear")), answer));
    fill(answer, hint());
  } else {
    fill(main, answer);
    await show(() => source.see("reading"));
  }
  return () => { clearTimeout(waiting); source.close(); };
}

function hint() {
  return h("p", {class: "soft"}, "Draw a digit.");
}

function told({header, arrays}) {
  const stages = Object.entries(arrays).filter(([name]) => name.startsWith("stage:")).map(([name, pixels]) => {
    const canvas = h("canvas", {role: "img", "aria-label": name.slice(6)}), [high, wide, channels] = pixels.shape;
    paintInk(canvas, pixels, wide, high, channels === 3, true);
    return h("figure", {}, canvas, h("figcaption", {}, name.slice(6)));
  });
  return [header.refused ? h("p", {class: "problem"}, header.refused) : h("p", {class: "big"}, header.text),
    header.digits.map((digit) => h("div", {}, digit.doubt ? h("p", {class: "soft"}, digit.doubt) : null,
      h("ul", {class: "classes"}, digit.probabilities.map((p, k) => h("li", {class: "class"}, h("span", {class: k === digit.label ? "strong" : null}, header.classes[k]),
        h("span", {class: "class-bar", "aria-hidden": "true"}, h("i", {class: "plus", style: {width: `${100 * p}%`}})), h("span", {class: "num"}, percent(p))))))),
    h("div", {class: "stages"}, stages)];
}
