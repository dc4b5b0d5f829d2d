// The page: its places, its session, its keys, and what happens when something goes wrong.
import {h, fill, say} from "./kit.js";
import {place, follow, go} from "./place.js";
import {ask, LiveSource} from "./source.js";
import {Learn, lessonOf} from "./learn.js";
import {Step} from "./step.js";
import {Runs} from "./runs.js";
import {Use} from "./use.js";
import {lettersAct, openKeys, openTours} from "./help.js";
import {openPalette} from "./palette.js"; // not when it is asked for: what is typed meanwhile would be lost

const PLACES = {learn: "Learn", step: "Step", runs: "Runs", use: "Use"};
const VIEWS = {learn: Learn, step: Step, runs: Runs, use: Use};

class App {
  constructor() {
    this.views = {};
    this.source = null; this.told = null; this.frame = null; this.what = null; this.start = {};
    this.findings = new Map(); // by run: the marks of what the doctor found
    this.main = document.getElementById("main-content");
    this.notice = document.getElementById("notice");
  }

  async begin() {
    this.head();
    addEventListener("keydown", (e) => this.key(e));
    try {
      this.start = await ask("api/start");
    } catch (problem) {
      this.fail(problem);
      return;
    }
    follow(() => this.show());
    const hash = location.hash;
    if (!hash) {
      const {lesson, run, model, place: at} = this.start;
      if (run) go(at ? {place: at, run: run.split(/[\\/]/).at(-1)} : {place: "step", run: run.split(/[\\/]/).at(-1), step: 0}, false);
      else if (model) go({place: "use"}, false);
      else if (lesson) go({place: "learn", data: lesson.data}, false);
      else go({place: "learn"}, false);
    }
    if (hash === location.hash) await this.show(); // going somewhere has shown it already
  }

  head() {
    fill(document.getElementById("places"), Object.entries(PLACES).map(([name, label]) =>
      h("a", {href: `#place=${name}`, "data-place": name, onclick: (e) => { e.preventDefault(); go({place: name}); }}, label)));
    fill(document.getElementById("tools"),
      h("button", {type: "button", id: "tours", onclick: () => openTours(this)}, "Tours"),
      h("button", {type: "button", id: "copy-link", title: "Copy the address of exactly this view (y)", onclick: () => this.copyLink()}, "Copy link"),
      h("button", {type: "button", id: "theme", title: "Light or dark", "aria-label": "Light or dark", onclick: () => this.theme()}, "◐"),
      h("button", {type: "button", id: "keys", title: "Keys (?)", "aria-label": "Keys", onclick: () => openKeys()}, "?"));
  }

  theme() {
    const root = document.documentElement, dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    const view = this.views[this.place];
    if (view && view.refresh) view.refresh();
  }

  async copyLink() {
    const link = location.href;
    try { await navigator.clipboard.writeText(link); this.tell("The link is copied. It shows exactly this, and carries no token."); }
    catch { this.tell(`The link: ${link}`); }
  }

  /** What the address wants of a session: a run, or a lesson. */
  wanted() {
    return place.now.run ? {run: place.now.run} : {lesson: lessonOf(place.now)};
  }

  async session() {
    const wanted = this.wanted(), key = wanted.run ? `run ${wanted.run}` : JSON.stringify([wanted.lesson.data, wanted.lesson.seed, wanted.lesson.noise]);
    if (this.source && this.what === key) return;
    if (this.stop) this.stop();
    this.source = null; this.frame = null; this.views = {}; this.what = key;
    fill(this.main, h("p", {class: "loading"}, wanted.run ? "Opening the run…" : "Preparing the data…"));
    try {
      this.source = await LiveSource.begin(wanted);
    } catch (problem) { this.what = null; throw problem; }
    this.told = this.source.told;
    await this.replay();
    this.stop = this.source.listen((news) => this.hear(news));
  }

  /** A fresh session takes up what the address says was set by hand, each at its step: rates=120:0.3, sets=150:beta_1:0.5. */
  async replay() {
    const {rates, sets} = place.now, branch = this.told.branches[0];
    if (!(rates || sets) || !branch.live) return;
    const parts = (text) => (text ? text.split(",").map((entry) => entry.split(":")) : []);
    const numbersAt = (step) => (branch.scalars.find((entry) => entry[0] === step) || [0, {}])[1];
    const acts = [
      ...parts(rates).filter(([to]) => !branch.rates.some(([step]) => step === Number(to))).map(([to, rate]) => [Number(to), "rate", {learning_rate: Number(rate)}]),
      ...parts(sets).filter(([to, name, value]) => numbersAt(Number(to))[name] !== Number(value)).map(([to, name, value]) => [Number(to), "set", {name, value: Number(value)}]),
    ].sort((a, b) => a[0] - b[0]);
    if (acts.length && acts[0][0] < branch.head) {
      this.tell("The open session with these settings went another way before; these are its numbers.");
      return;
    }
    for (const [to, action, settings] of acts) {
      await this.source.do("step", {to});
      this.told = await this.source.do(action, settings);
    }
  }

  /** Shows the place of the address. */
  async show() {
    const name = VIEWS[place.now.place] ? place.now.place : "learn";
    const turn = this.turn = (this.turn || 0) + 1;
    for (const link of document.querySelectorAll("[data-place]")) {
      if (link.dataset.place === name) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    }
    document.title = `${PLACES[name]} · Chainrule studio`;
    try {
      if (name === "learn" || name === "step" || (name === "use" && place.now.held !== undefined)) await this.session();
      if (turn !== this.turn) return;
      this.quiet();
      let view = this.views[name];
      const first = !view;
      if (first) view = this.views[name] = new VIEWS[name](this);
      this.place = name;
      if (view.el.parentNode !== this.main) { fill(this.main, view.el); scrollTo(0, 0); await view.open(); }
      else if (view.moved) await view.moved();
    } catch (problem) { this.fail(problem); }
  }

  /** News of the session: {told}, {frame}, {problem}, {lost}. */
  hear(news) {
    const view = this.views[this.place];
    if (news.told) { this.told = news.told; if (view && view.told) view.told(); if (news.found) { this.quiet(); if (view) view.open(); } }
    if (news.frame) {
      const was = this.told.playing, now = news.frame.header.playing, branch = this.told.branches[news.frame.header.branch];
      const ended = branch && branch.running && !news.frame.header.running;
      if (branch && branch.running) branch.head = news.frame.header.step; // another process learns on
      this.frame = news.frame;
      if (view && view.frame) view.frame(news.frame);
      if (was !== now || !branch || ended || news.frame.header.problem !== (branch.problem || null) || this.told.current !== news.frame.header.branch) this.renew();
    }
    if (news.lost) this.fail(news.why || {message: "The connection to the studio is lost; trying again."});
    if (news.problem) this.ended(news.problem);
  }

  async renew() {
    if (this.renewing) return;
    this.renewing = true;
    try { this.told = await this.source.see("session"); const view = this.views[this.place]; if (view && view.told) view.told(); }
    catch (problem) { this.fail(problem); }
    this.renewing = false;
  }

  ended(problem) {
    this.what = null; this.source = null;
    this.fail(problem, h("button", {type: "button", id: "again", onclick: () => { this.quiet(); this.views = {}; this.show(); }}, "Begin it again"));
  }

  /** Says what went wrong, and what can be done. */
  fail(problem, ...more) {
    if (problem.name === "AbortError") return;
    if (problem.kind === "NotFound" && this.source && /session/.test(problem.message)) { this.ended(problem); return; }
    fill(this.notice, h("span", {}, problem.message || String(problem)), ...more,
      h("button", {type: "button", class: "mini", "aria-label": "Close this", onclick: () => this.quiet()}, "×"));
    this.notice.classList.remove("good");
    this.notice.hidden = false;
    const loading = this.main.querySelector(".loading");
    if (loading) loading.remove();
    if (!(problem instanceof Error) && !problem.message) throw problem;
  }

  tell(text) {
    fill(this.notice, h("span", {}, text));
    this.notice.classList.add("good");
    this.notice.hidden = false;
    say(text);
    clearTimeout(this.fading);
    this.fading = setTimeout(() => { if (this.notice.classList.contains("good")) this.quiet(); }, 4000);
  }

  quiet() {
    this.notice.hidden = true;
  }

  /** Every command there is here, by its name. */
  palette() {
    const view = this.views[this.place];
    const places = Object.entries(PLACES).map(([name, label], k) => [`Go to ${label}`, this.place === "step" ? "" : k + 1, () => go({place: name})]);
    openPalette([...(view && view.commands ? view.commands() : []), ...places, ["Copy the link of this view", "y", () => this.copyLink()],
      ["Tours", "", () => openTours(this)], ["Light or dark", "", () => this.theme()], ["Keys", "?", () => openKeys()]]);
  }

  /** Writes the lesson as it is now into the address. */
  remember() {
    const l = this.told.branches[0].lesson, sets = [];
    this.told.branches[0].scalars.reduce((was, [step, now]) => {
      for (const name of Object.keys(now)) if (was && was[name] !== now[name]) sets.push(`${step}:${name}:${now[name]}`);
      return now;
    }, null);
    go({sets: sets.join(","), data: l.data, net: l.units.join(",") || "none", act: l.activation, opt: l.optimizer, rate: l.learning_rate, batch: l.batch_size, seed: l.seed, noise: l.noise, rates: this.told.branches[0].rates.slice(1).map(([step, rate]) => `${step}:${Number(rate.toPrecision(6))}`).join(",")}, false);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target, name = at.tagName;
    if (name === "INPUT" || name === "SELECT" || name === "TEXTAREA" || at.isContentEditable || at.closest("dialog")) return;
    if ((event.key === " " || event.key === "Enter") && (name === "BUTTON" || name === "A" || name === "SUMMARY" || at.getAttribute("role") === "gridcell")) return;
    if (at.hasAttribute("data-arrows") && event.key.startsWith("Arrow")) return;
    const key = (event.shiftKey && event.key.length > 1 ? "Shift+" : "") + event.key;
    if (key === "?") openKeys();
    else if (key.length === 1 && key !== " " && !lettersAct()) return;
    else if (key === "/") this.palette();
    else if (key === "y") this.copyLink();
    else if (["1", "2", "3", "4"].includes(key) && this.place !== "step") go({place: Object.keys(PLACES)[Number(key) - 1]});
    else if (!(this.views[this.place] && this.views[this.place].key && this.views[this.place].key(key))) return;
    event.preventDefault();
  }
}

export const app = new App();
app.begin();
