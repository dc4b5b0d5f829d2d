// What a network that learns from pictures or rows shows of itself: what its first layer looks for, and its answers to examples it has not seen.
import {h, fill, short, percent, paintBytes, paintInk} from "./kit.js";
import {Heat} from "./heat.js";

const SHOWN = 12, INPUTS = 3; // rows, and numbers of each, in the table of answers

/** The view of one session. onUnit(layer, unit) and onWeight(layer, input, unit) open the step that comes next. */
export class Answers {
  constructor(app, {onUnit, onWeight}) {
    Object.assign(this, {app, onUnit, onWeight});
    this.picture = app.told.kind === "picture";
    this.looks = h("div", {class: this.picture ? "templates" : "looks"});
    this.list = h("div", {class: this.picture ? "answers" : "scroll", tabindex: this.picture ? null : "0", role: this.picture ? null : "region", "aria-label": this.picture ? null : "Answers"});
    this.heat = null;
  }

  /** Of what the answers are, for the heading. */
  words() {
    const {task, input_shape: shape} = this.app.told.data, digits = this.app.told.lesson.data === "mnist";
    return `Its answers to ${digits ? "digits" : shape.length > 1 ? "pictures" : "rows"} it has not seen${task === "regression" ? ", and how far off" : ""}`;
  }

  looksFor() {
    return this.picture ? "what the first layer looks for" : "what each unit of the first layer takes from each column";
  }

  setData(data) {
    this.data = data;
  }

  show({arrays}) {
    if (!this.data) return;
    if (this.picture) { this.showTemplates(arrays); if (arrays.answers) this.showPictures(arrays.answers); }
    else { this.showKernel(arrays); if (arrays.answers) this.showRows(arrays.answers); }
  }

  showTemplates(arrays) {
    const found = Object.entries(arrays).find(([name]) => name.startsWith("templates:"));
    if (!found) return;
    const [name, bytes] = found, pixels = bytes.shape[1], [high, wide] = this.data.header.shape;
    while (this.looks.children.length > bytes.shape[0]) this.looks.lastChild.remove();
    for (let u = 0; u < bytes.shape[0]; u++) {
      let button = this.looks.children[u];
      if (!button) {
        button = h("button", {type: "button", class: "template", title: `unit ${u}`, "aria-label": `unit ${u}: open it`, onclick: () => this.onUnit(name.slice(10), u)}, h("canvas", {}));
        this.looks.append(button);
      }
      paintBytes(button.firstChild, bytes.subarray(u * pixels, (u + 1) * pixels), wide, high);
    }
  }

  /** The first layer's weights, a row for each column of the table. */
  showKernel(arrays) {
    const layer = this.app.told.layers.find((l) => l.weights), kernel = layer && arrays[`kernel:${layer.name}`];
    if (!kernel || kernel.shape.length !== 2) return;
    if (!this.heat) {
      this.heat = new Heat({label: "Weights of the first layer: a row for each column of the table, a column for each unit", onChoose: (r, c) => this.onWeight(layer.name, r, c)});
      this.names = h("ul", {class: "look-names", "aria-hidden": "true"});
      fill(this.looks, this.names, this.heat.el);
    }
    const names = this.data.header.columns, lies = kernel.shape[0] > 3 * kernel.shape[1];
    if (names.length && !lies && this.names.children.length !== names.length && names.length <= 24) fill(this.names, names.map((name) => h("li", {title: name}, name)));
    this.heat.show(kernel, kernel.shape[0], kernel.shape[1], {width: 420, most: 300, tell: (r, c, v) => `${names[r] || `input ${r}`} → unit ${c}: ${short(v)}`});
  }

  showPictures(answers) {
    const {x, y} = this.data.arrays, [high, wide, channels = 1] = this.data.header.shape, size = high * wide * channels;
    for (let k = 0; k < y.length; k++) {
      let box = this.list.children[k];
      if (!box) {
        const canvas = h("canvas", {"aria-hidden": "true"});
        paintInk(canvas, x.subarray(k * size, (k + 1) * size), wide, high, channels === 3);
        box = h("div", {class: "answer"}, canvas, h("span", {}));
        this.list.append(box);
      }
      const {is, says, p, right} = this.answer(answers, k);
      box.classList.toggle("wrong", !right);
      box.lastChild.textContent = `${right ? "" : "✗ "}${says}`;
      box.title = `It is ${is}; the network says ${says} with ${percent(p)}`;
    }
  }

  /** The answer to one example in words: the class that is most likely, and how likely. */
  answer(answers, k) {
    const classes = this.app.told.data.classes, n = answers.shape[1], p = answers.subarray(k * n, (k + 1) * n), y = this.data.arrays.y[k];
    const best = p.indexOf(Math.max(...p));
    return {is: classes[y], says: classes[best], p: p[best], right: best === y};
  }

  showRows(answers) {
    const {header: {shape, columns}, arrays: {x, y}} = this.data, amounts = this.app.told.data.task === "regression", wide = Math.min(INPUTS, shape[0]), inputs = Array.from({length: wide}, (_, i) => columns[i] || `input ${i}`);
    const heads = ["it is", "it says", amounts ? "off by" : "with", ...inputs];
    fill(this.list, h("table", {}, h("thead", {}, h("tr", {}, heads.map((t, k) => h("th", {class: k > 1 ? "num" : null}, t)))),
      h("tbody", {}, Array.from({length: Math.min(SHOWN, y.length)}, (_, k) => {
        const told = amounts ? {is: short(y[k]), says: short(answers[k]), p: short(answers[k] - y[k], 3), right: true} : this.answer(answers, k);
        return h("tr", {class: told.right ? null : "wrong"}, h("td", {}, told.is), h("td", {}, `${told.right ? "" : "✗ "}${told.says}`), h("td", {class: "num"}, amounts ? told.p : percent(told.p)),
          inputs.map((_, i) => h("td", {class: "num soft"}, short(x[k * shape[0] + i], 3))));
      }))), columns.length ? h("p", {class: "soft small"}, "Numbers of a column are shown as the network gets them: less their mean, in standard deviations.") : null);
  }
}
