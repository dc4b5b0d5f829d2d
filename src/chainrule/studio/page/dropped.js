// Data of one's own for Learn: a table, arrays, an archive, or a folder with a folder of pictures for each class.
import {h, fill, count} from "./kit.js";
import {ask} from "./source.js";

const MOST = 100e6; // bytes, as on the server

/** The place to drop data. onData(told) is called with what the server made of them. app keeps what was dropped last. */
export class Dropped {
  constructor(app, onData) {
    Object.assign(this, {app, onData});
    this.told_ = h("div", {class: "dropped-told"});
    const input = (id, more) => h("input", {type: "file", id, class: "sr", tabindex: "-1", ...more, onchange: (e) => { this.take(Array.from(e.target.files, (f) => [f.webkitRelativePath || f.name, f])); e.target.value = ""; }});
    this.file = input("own-file", {accept: ".csv,.tsv,.npz,.zip", "aria-label": "A file of data"});
    this.folder = input("own-folder", {webkitdirectory: true, "aria-label": "A folder of pictures"});
    this.el = h("div", {class: "dropped"}, h("p", {class: "soft small"}, "Your own: drop a table (.csv), arrays (.npz), or a folder or .zip with a folder of pictures for each class anywhere here, or choose"),
      h("div", {class: "row"}, h("button", {type: "button", id: "choose-file", onclick: () => this.file.click()}, "A file…"), h("button", {type: "button", id: "choose-folder", onclick: () => this.folder.click()}, "A folder…")),
      this.file, this.folder, this.told_);
    this.show();
  }

  /** Takes what is dropped onto an element. */
  listen(el) {
    el.addEventListener("dragover", (e) => e.preventDefault());
    el.addEventListener("drop", async (e) => {
      e.preventDefault();
      this.take(await filesOf(e.dataTransfer));
    });
  }

  async take(files, target = null) {
    if (!files.length) return;
    const size = files.reduce((sum, [, file]) => sum + file.size, 0), name = files[0][0].split("/")[0];
    if (size > MOST) { this.tell(name, `${name} has ${count(size / 1e6)} MB; up to ${count(MOST / 1e6)} MB can be dropped in. Larger data are opened from the terminal: chainrule studio PATH.`); return; }
    fill(this.told_, h("p", {class: "soft", role: "status"}, `Reading ${name}…`));
    this.app.dropped = {files, target};
    try {
      const told = await ask("api/data", {method: "POST", body: message(files, target)});
      this.app.dropped.told = told;
      this.onData(told);
    } catch (problem) { this.tell(name, problem.message); }
  }

  tell(name, problem) {
    this.app.dropped = {...this.app.dropped, told: null};
    fill(this.told_, h("div", {class: "problem", role: "alert"}, problem), this.targetField(name));
  }

  /** What the data are that were dropped last, while they are learned from. */
  show() {
    const {told} = this.app.dropped || {};
    if (!told || told.data !== this.app.told.lesson.data) return;
    const {sizes, task, classes, notes, target, skipped} = told.about;
    fill(this.told_, h("p", {}, h("b", {}, told.name), `: ${count(sizes.train)} examples to learn from, ${count(sizes.test)} held out; ${task === "regression" ? "amounts" : `${classes.length} classes`}${target ? `, the column ${target}` : ""}.`, skipped ? ` ${count(skipped)} left out.` : ""),
      this.targetField(told.name, target), notes.length ? h("details", {}, h("summary", {}, `${notes.length} note${notes.length > 1 ? "s" : ""}`), h("ul", {}, notes.map((n) => h("li", {class: "small"}, n)))) : null);
  }

  targetField(name, target = "") {
    if (!this.app.dropped.files || !/\.(csv|tsv|zip)$/i.test(name)) return null;
    return h("label", {class: "field"}, h("span", {}, "Column to learn"), h("input", {type: "text", id: "target", value: target || this.app.dropped.target || "", onchange: (e) => this.take(this.app.dropped.files, e.target.value.trim() || null)}));
  }
}

/** Files as the server takes them: the length of a header, the header, then all contents; nothing is read into the page. */
function message(files, target) {
  const header = new TextEncoder().encode(JSON.stringify({files: files.map(([path, file]) => [path, file.size]), target}));
  return new Blob([new Uint32Array([header.length]), header, ...files.map(([, file]) => file)]);
}

/** What was dropped, [path, File] each; folders with all that is in them. */
async function filesOf(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean), found = [];
  const walk = async (entry, path) => {
    if (entry.isFile) { found.push([path + entry.name, await new Promise((done, fail) => entry.file(done, fail))]); return; }
    const reader = entry.createReader();
    for (;;) { // a reader gives a hundred at a time
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const one of some) await walk(one, `${path}${entry.name}/`);
    }
  };
  for (const entry of entries) await walk(entry, "");
  return entries.length ? found : Array.from(transfer.files, (f) => [f.name, f]);
}
