// Leaving a run at a step with something changed; both curves stay.
import {h, short, count} from "./kit.js";
import {go} from "./place.js";
import {dialog} from "./help.js";

/** Asks what to change, then forks. step: the Step view. */
export function forkDialog(step) {
  const branch = step.branch(), at = step.step(), lesson = branch.lesson;
  const rate = [...branch.rates].reverse().find(([begin]) => begin <= at)?.[1] || lesson.learning_rate;
  const ahead = Math.max(100, Math.min(2000, branch.head - at));
  const field = h("input", {type: "text", id: "fork-rate", inputmode: "decimal", value: short(rate * 3, 3)});
  const steps = h("input", {type: "number", id: "fork-steps", min: 0, max: 20000, value: ahead});
  const box = dialog(`Fork at step ${count(at)}`,
    h("p", {}, `The same weights, the same examples in the same order; only the rate differs. It is ${short(rate)} here.`),
    h("label", {class: "field"}, h("span", {}, "Learning rate"), field),
    h("label", {class: "field"}, h("span", {}, "Steps to learn at once"), steps),
    h("div", {class: "row"}, h("button", {type: "button", id: "fork-now", class: "main", onclick: async () => {
      const wanted = Number(field.value.replace("−", "-"));
      box.close();
      const app = step.app;
      try {
        await app.source.do("fork", {branch: branch.number, step: at, learning_rate: wanted});
        app.told = await app.source.do("step", {steps: Number(steps.value)});
        await step.loadCurves();
        go({branch: app.told.current, step: at, check: null});
        app.tell("Both curves are on the timeline; [ and ] go to what stands out.");
      } catch (problem) { app.fail(problem); }
    }}, "Fork")));
  field.select();
}
