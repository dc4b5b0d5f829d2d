// A data set in a notebook: its examples, by part and class.
import {h, fill, count, short, paintInk} from "./kit.js";
import {Kernel, enter} from "./widget.js";

/** Draws it; returns how to end it. */
export async function draw(model, el, style) {
  const {main, fail, quiet} = enter(el, style), source = new Kernel(model), state = {part: "train", label: "", from: 0};
  const list = h("div", {class: "data-examples"}), told = h("span", {class: "soft"});
  const show = async (changes) => {
    Object.assign(state, changes);
    try {
      const page = await source.see("examples", state);
      quiet();
      state.from = page.header.from; state.size = page.header.size; state.count = page.header.count;
      told.textContent = page.header.count ? `${count(page.header.from)} to ${count(page.header.from + page.header.indices.length - 1)} of ${count(page.header.count)}` : "none";
      fill(list, page.header.columns ? rows(page) : pictures(page));
    } catch (problem) { fail(problem); }
  };
  try {
    const about = await source.see("about"), pick = (label, options, act) => h("label", {class: "field slim"}, h("span", {}, label), h("select", {"aria-label": label, onchange: (e) => act(e.target.value)}, options.map(([v, text]) => h("option", {value: v}, text))));
    fill(main, h("div", {class: "row"}, h("strong", {}, about.title),
      pick("Part", Object.entries(about.sizes).filter(([, n]) => n).map(([name, n]) => [name, `${name}, ${count(n)}`]), (v) => show({part: v, from: 0})),
      about.classes.length ? pick("Class", [["", "all classes"], ...about.classes.map((name) => [name, name])], (v) => show({label: v, from: 0})) : null,
      h("button", {type: "button", class: "before", "aria-label": "Examples before", onclick: () => show({from: Math.max(0, state.from - state.size)})}, "◂"),
      h("button", {type: "button", class: "after", "aria-label": "Examples after", onclick: () => show({from: state.from + state.size < state.count ? state.from + state.size : state.from})}, "▸"), told), list);
  } catch (problem) { fail(problem); }
  await show({});
  return () => source.close();
}

function pictures({header, arrays}) {
  const [high, wide, channels = 1] = header.shape, size = high * wide * channels;
  return h("div", {class: "answers"}, header.indices.map((index, k) => {
    const canvas = h("canvas", {"aria-hidden": "true"});
    paintInk(canvas, arrays.x.subarray(k * size, (k + 1) * size), wide, high, channels === 3, header.natural);
    return h("div", {class: "answer", title: `example ${index}: ${header.labels[k]}`}, canvas, h("span", {}, header.labels[k]));
  }));
}

function rows({header, arrays}) {
  const n = header.columns.length;
  return h("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Examples"}, h("table", {},
    h("thead", {}, h("tr", {}, h("th", {}, "#"), header.columns.map((name) => h("th", {class: "num"}, name)), h("th", {}, "answer"))),
    h("tbody", {}, header.indices.map((index, k) => h("tr", {}, h("td", {}, index), header.columns.map((_, c) => h("td", {class: "num"}, short(arrays.x[k * n + c]))), h("td", {}, header.labels[k]))))));
}
