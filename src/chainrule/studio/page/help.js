// Keys and tours.
import {h} from "./kit.js";

const KEYS = [
  ["Space", "start and pause; in Step: the next phase"], ["← →", "a step back, a step on (with Shift: ten)"], ["PageUp PageDown", "an epoch"],
  ["[ ]", "the previous or next mark on the timeline"], ["Enter, Backspace", "into a step, out of it"], ["w g u a d", "the stage: weights, gradient, update, activation, delta"],
  ["j k", "the next or previous example of the batch"], ["c", "check the derivative by measuring it"], ["f", "fork here"], ["y", "copy the link of exactly this view"],
  ["1 2 3 4", "Learn, Step, Runs, Use; in Step: the phases"], ["?", "this list"],
];

/** A dialog that closes with Escape and gives the focus back. */
export function dialog(title, ...children) {
  const before = document.activeElement;
  const el = h("dialog", {"aria-label": title, onclose: () => { el.remove(); if (before && before.focus) before.focus(); },
    onclick: (e) => { if (e.target === el) el.close(); }},
  h("form", {method: "dialog"}, h("h2", {}, title), children, h("button", {type: "button", onclick: () => el.close()}, "Close")));
  document.getElementById("layer").append(el);
  el.showModal();
  return el;
}

/** The list of keys. */
export function openKeys() {
  dialog("Keys", h("dl", {class: "keys"}, KEYS.map(([key, what]) => h("div", {}, h("dt", {}, key.split(" ").map((k) => h("kbd", {}, k))), h("dd", {}, what)))));
}

/** The list of tours. */
export async function openTours(app) {
  const {TOURS, Tour} = await import("./tours.js");
  const box = dialog("Tours", h("p", {}, "A tour points at controls that work; nothing is blocked, and you may leave at any time."),
    h("ul", {class: "tours"}, TOURS.map((tour) => h("li", {}, h("button", {type: "button", "data-tour": tour.name, onclick: () => { box.close(); new Tour(app, tour).begin(); }}, tour.title),
      h("span", {class: "soft"}, tour.about)))));
}
