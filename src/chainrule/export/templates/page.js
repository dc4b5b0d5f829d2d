// The page: a pad to draw on, a place to drop a picture, and the model's answer.
"use strict";

const operations = unpack(MODEL.operations, MODEL.weights);
const pad = document.querySelector("#pad"), pen = pad.getContext("2d", { willReadFrequently: true });
const bars = document.querySelector("#bars"), answer = document.querySelector("#answer"), note = document.querySelector("#note");

/** Levels of grey of what is on a canvas, transparent parts as white paper. */
function greyOf(canvas) {
  const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const values = new Float32Array(width * height);
  for (let i = 0; i < values.length; i++) {
    const [r, g, b, a] = data.subarray(4 * i, 4 * i + 4);
    values[i] = Math.floor(((0.299 * r + 0.587 * g + 0.114 * b) * a) / 255 + (255 - a) + 0.5);
  }
  return picture(height, width, values);
}

/** What the model says to a picture of grey levels: probabilities, one for each label, and the views it was shown; or null. */
function read(p) {
  const views = prepare(p, MODEL.preparation);
  if (!views.length) return null;
  const size = MODEL.preparation.size ** 2, x = new Float32Array(views.length * size);
  views.forEach((view, k) => x.set(Float32Array.from(view, (v) => v / MODEL.divisor), k * size));
  const classes = MODEL.labels.length, outputs = forward(operations, x, views.length);
  const said = MODEL.logits ? softmax(outputs, views.length, { output: [classes] }) : outputs;
  const mean = MODEL.labels.map((_, k) => views.reduce((sum, _view, v) => sum + said[v * classes + k], 0) / views.length);
  const raised = mean.map((p) => Math.max(p, 1e-12) ** (1 / MODEL.temperature)), total = raised.reduce((a, b) => a + b, 0);
  return { probabilities: raised.map((p) => p / total), views };
}

function show(p) {
  const began = performance.now(), found = read(p), time = performance.now() - began;
  bars.replaceChildren();
  answer.textContent = "";
  drawSeen(found && found.views[0]);
  if (!found) {
    note.textContent = "Nothing is drawn yet.";
    return;
  }
  const order = found.probabilities.map((p, k) => [p, k]).sort((a, b) => b[0] - a[0]);
  answer.textContent = MODEL.labels[order[0][1]];
  note.textContent = `${(100 * order[0][0]).toFixed(1)} %, in ${time.toFixed(1)} ms`;
  MODEL.labels.forEach((label, k) => {
    const row = document.createElement("div"), bar = document.createElement("meter"), share = found.probabilities[k];
    bar.value = share;
    bar.setAttribute("aria-label", `${label}: ${(100 * share).toFixed(1)} %`);
    row.append(Object.assign(document.createElement("b"), { textContent: label }), bar,
      Object.assign(document.createElement("span"), { textContent: `${(100 * share).toFixed(1)} %` }));
    bars.append(row);
  });
}

function drawSeen(view) {
  const seen = document.querySelector("#seen"), size = MODEL.preparation.size, image = new ImageData(size, size);
  for (let i = 0; i < size * size; i++) image.data.set([0, 0, 0, 255].map((v, k) => (k < 3 && view ? view[i] : v)), 4 * i);
  seen.width = seen.height = size;
  seen.getContext("2d").putImageData(image, 0, 0);
}

function clear() {
  pen.fillStyle = "white";
  pen.fillRect(0, 0, pad.width, pad.height);
  show(greyOf(pad));
}

let last = null;
const at = (event) => {
  const box = pad.getBoundingClientRect();
  return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
};
pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId);
  last = at(event);
  stroke(last);
});
pad.addEventListener("pointermove", (event) => last && stroke(at(event)));
pad.addEventListener("pointerup", () => { last = null; show(greyOf(pad)); });
pad.addEventListener("pointercancel", () => { last = null; });

function stroke(to) {
  Object.assign(pen, { lineWidth: 18, lineCap: "round", strokeStyle: "black" });
  pen.beginPath();
  pen.moveTo(...last);
  pen.lineTo(...to);
  pen.stroke();
  last = to;
}

async function take(file) {
  try {
    const image = await createImageBitmap(file), scale = Math.min(1, 1600 / Math.max(image.width, image.height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(image.width * scale)), Math.max(1, Math.round(image.height * scale)));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const fit = Math.min(pad.width / canvas.width, pad.height / canvas.height);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, pad.width, pad.height);
    pen.drawImage(canvas, (pad.width - canvas.width * fit) / 2, (pad.height - canvas.height * fit) / 2, canvas.width * fit, canvas.height * fit);
    show(greyOf(canvas));
  } catch (problem) {
    answer.textContent = "";
    note.textContent = `${file.name} is no picture that this browser reads.`;
  }
}
const drop = document.querySelector("main");
drop.addEventListener("dragover", (event) => event.preventDefault());
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
});
document.querySelector("#file").addEventListener("change", (event) => event.target.files.length && take(event.target.files[0]));
document.querySelector("#clear").addEventListener("click", clear);
document.addEventListener("paste", (event) => event.clipboardData.files.length && take(event.clipboardData.files[0]));
clear();
