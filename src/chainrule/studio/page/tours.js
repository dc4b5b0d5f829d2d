// Two tours that point at live controls and never block them.
import {h, fill, say} from "./kit.js";
import {go} from "./place.js";

export const TOURS = [
  {
    name: "weight", title: "The backpropagation of one weight", about: "Seven stops: from a running network to one number and back.",
    stops: [
      {at: "#play", place: "learn", words: "Press Start. The network learns to tell orange from blue: at each step it takes a few points, sees how wrong it is, and moves every weight a little."},
      {at: ".result", place: "learn", words: "This is what it says at each point of the plane. The black line is where it is undecided. Pause it whenever you like."},
      {at: ".net", place: "learn", words: "Each line is a weight, thick where it is large. Click one: its whole arithmetic opens. Or go on, and the largest update of the next step is opened."},
      {at: "#arithmetic", place: "step", open: true, words: "This is that weight in the step that comes next. Part 1 follows one example: forward through the network to the loss, then back. Every underlined factor is a link."},
      {at: "[data-phase='3']", place: "step", phase: 3, words: "Backward: each delta is made of the one above it times a weight. The chain on the left shows the deltas of the same example."},
      {at: ".batch", place: "step", words: "Each example of the batch pushes the weight its own way. The gradient is the mean of these terms: orange pushes one way, blue the other."},
      {at: "[data-phase='4']", place: "step", phase: 4, words: "Update: the optimizer turns the gradient into a move. Old value, move, new value, to the last digit. Press Check to have the derivative measured."},
    ],
  },
  {
    name: "rate", title: "Why a rate is too high", about: "Six stops: break a training on purpose, and find the step where it broke.",
    stops: [
      {at: "#play", place: "learn", words: "Let it learn for a few seconds, then go on."},
      {at: "#rate", place: "learn", words: "Set the learning rate to 3 while it learns. It acts at the next step."},
      {at: ".learn-grid > .loss", place: "learn", words: "The loss jumps and stays high: each move is larger than the valley is wide, so the weights land on the other side of it, higher up."},
      {at: ".timeline", place: "step", words: "Triangles mark where the rate changed and where the loss stands out. Press ] and [ to go from one to the next."},
      {at: "#arithmetic", place: "step", open: true, words: "Look at the last lines: the gradient is small, but times a rate of 3 the move is as large as the weight itself."},
      {at: "#fork", place: "step", words: "Fork at the step before the change, with a rate of 0.01: both curves stay, and you see what the rate did."},
    ],
  },
];

/** A tour that is under way. */
export class Tour {
  constructor(app, tour) {
    Object.assign(this, {app, tour, k: 0});
    this.el = h("aside", {class: "tour", "aria-label": `Tour: ${tour.title}`, tabindex: "-1"});
  }

  begin() {
    document.querySelector(".tour")?.remove();
    document.body.append(this.el);
    this.show();
    this.el.focus();
  }

  async show() {
    const {stops, title} = this.tour, stop = stops[this.k];
    if ((this.app.place || "learn") !== stop.place) go({place: stop.place, ...(stop.place === "learn" ? {weight: null, unit: null, phase: null} : {})});
    if (stop.phase) go({phase: stop.phase}, false);
    fill(this.el, h("p", {class: "soft small"}, `${title} · ${this.k + 1} of ${stops.length}`), h("p", {}, stop.words),
      h("div", {class: "row"}, this.k ? h("button", {type: "button", class: "tour-back", onclick: () => this.move(-1)}, "Back") : null,
        h("button", {type: "button", class: "tour-next main", onclick: () => this.move(1)}, this.k < stops.length - 1 ? "Go on" : "Done"),
        h("button", {type: "button", class: "tour-leave", onclick: () => this.end()}, "Leave")));
    say(stop.words);
    for (const el of document.querySelectorAll(".toured")) el.classList.remove("toured");
    const turn = this.turn = (this.turn || 0) + 1;
    let seen = false;
    while (turn === this.turn) { // a place may take seconds to open, and draws its controls anew
      const target = document.querySelector(stop.at);
      if (target && !target.classList.contains("toured") && (!stop.open || this.openOne())) {
        target.classList.add("toured");
        if (!seen) target.scrollIntoView({block: "center", behavior: "auto"});
        seen = true;
      }
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Opens the largest update where no weight is open yet. */
  openOne() {
    if (document.querySelector(".account-title")) return true;
    const first = document.querySelector("#arithmetic .factor");
    if (!first) return false;
    first.click();
    return true;
  }

  move(by) {
    this.k += by;
    if (this.k >= this.tour.stops.length) this.end();
    else this.show();
  }

  end() {
    this.turn = -1;
    for (const el of document.querySelectorAll(".toured")) el.classList.remove("toured");
    this.el.remove();
    document.getElementById("tours")?.focus();
  }
}
