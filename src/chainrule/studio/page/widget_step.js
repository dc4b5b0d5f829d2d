// A learning step in a notebook: the studio's Step place, answered by the kernel.
import {h, fill} from "./kit.js";
import {remember} from "./place.js";
import {Step} from "./step.js";
import {Kernel, enter} from "./widget.js";

/** Draws it; returns how to end it. */
export async function draw(model, el, style) {
  const {main, tell, fail, quiet} = enter(el, style), source = new Kernel(model), app = {source, tell, fail, quiet, told: null};
  fill(main, h("p", {class: "loading"}, "Opening…"));
  try {
    app.told = await source.see("session");
    source.steps = app.told.steps;
    const view = new Step(app);
    for (const id of ["fork", "compute"]) view.el.querySelector(`#${id}`).hidden = true;
    remember({step: String(model.get("step")), ...(model.get("weight") ? {weight: model.get("weight")} : {})}, () => view.moved());
    view.el.tabIndex = -1;
    view.el.addEventListener("keydown", (e) => key(view, e));
    fill(main, view.el);
    await view.open();
  } catch (problem) { fill(main); fail(problem); }
  return () => source.close();
}

function key(view, event) {
  const at = event.composedPath()[0];
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || ["INPUT", "SELECT", "TEXTAREA"].includes(at.tagName)) return;
  if ([" ", "Enter"].includes(event.key) && ["BUTTON", "A"].includes(at.tagName)) return;
  if (at.hasAttribute("data-arrows") && event.key.startsWith("Arrow")) return;
  if (event.key === "f" || !view.key((event.shiftKey && event.key.length > 1 ? "Shift+" : "") + event.key)) return;
  event.preventDefault();
  event.stopPropagation(); // a notebook has keys of its own
}
