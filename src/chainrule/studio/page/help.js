// Keys and tours.
import {h} from "./kit.js";

const KEYS = [
  ["Space", "start and pause; in Step: the next phase"], ["← →", "a step back, a step on (with Shift: ten)"], ["PageUp PageDown", "an epoch"],
  ["[ ]", "the previous or next mark on the timeline"], ["Enter, Backspace", "into a step, out of it"], ["w g u a e", "the stage: weights, gradient, update, output, delta"], ["d", "the difference to the step before; in a fork, to the run it left"],
  ["l m", "the stage: the landscape of the loss; mix-ups, what is taken for what"], ["j k", "the next or previous example of the batch"], ["c", "check the derivative by measuring it"], ["f", "fork here"], ["y", "copy the link of exactly this view"],
  ["1 2 3 4", "Learn, Step, Runs, Use; in Step: the phases"], ["/", "every command by its name"], ["r", "in Learn: restart"], ["?", "this list"],
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

const OFF = "chainrule-letters-off";

/** Whether letters and digits act as keys; a speech recogniser or a slip may press them. */
export function lettersAct() {
  try { return !localStorage.getItem(OFF); } catch { return true; }
}

function setLetters(act) {
  try { if (act) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "yes"); } catch { /* a page of a file keeps nothing */ }
}

/** The list of keys. */
export function openKeys() {
  dialog("Keys", h("label", {class: "check"}, h("input", {type: "checkbox", id: "letters", checked: lettersAct(), onchange: (e) => setLetters(e.target.checked)}), " Letters, digits and signs act as keys"), h("dl", {class: "keys"}, KEYS.map(([key, what]) => h("div", {}, h("dt", {}, key.split(" ").map((k) => h("kbd", {}, k))), h("dd", {}, what)))));
}

/** The list of tours. */
export async function openTours(app) {
  const {TOURS, Tour} = await import("./tours.js");
  const box = dialog("Tours", h("p", {}, "A tour points at controls that work; nothing is blocked, and you may leave at any time."),
    h("ul", {class: "tours"}, TOURS.map((tour) => h("li", {}, h("button", {type: "button", "data-tour": tour.name, onclick: () => { box.close(); new Tour(app, tour).begin(); }}, tour.title),
      h("span", {class: "soft"}, tour.about)))));
}
