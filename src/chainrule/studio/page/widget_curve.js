// The loss in a notebook while `fit` learns. The kernel is busy then, so it says what is new by itself.
import {h, fill, count, short, unpack} from "./kit.js";
import {Curve} from "./curve.js";
import {bytesOf, enter} from "./widget.js";

/** Draws it; returns how to end it. */
export async function draw(model, el, style) {
  const {main} = enter(el, style), curve = new Curve({label: "Loss by step", height: 190}), figures = h("dl", {class: "figures"});
  fill(main, figures, curve.el);
  const show = () => {
    const message = model.get("curve");
    if (!message || !message.byteLength) return;
    const {header, arrays} = unpack(bytesOf(message));
    curve.show({series: [{number: 0, label: "loss", first: header.first, thin: header.thin, loss: arrays.loss, current: true}]});
    fill(figures, [["step", count(header.step)], ["epoch", `${count(header.epoch)} of ${count(header.epochs)}`], ...Object.entries(header.logs).map(([name, v]) => [name.replaceAll("_", " "), short(v)]),
      ...(header.ended ? [["", header.ended]] : [])].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  };
  model.on("change:curve", show);
  show();
  return () => model.off("change:curve", show);
}
