// Every command by its name: "/" opens it, typing narrows it, Enter does the first.
import {h, fill} from "./kit.js";
import {dialog} from "./help.js";

/** Opens the list. commands: [[words, key or "", act], ...]. */
export function openPalette(commands) {
  let shown = [], at = 0;
  const list = h("ul", {class: "commands", role: "listbox", id: "commands", "aria-label": "Commands"});
  const field = h("input", {type: "text", id: "command", placeholder: "what to do", "aria-label": "Command", role: "combobox", "aria-expanded": "true", "aria-controls": "commands", autocomplete: "off",
    oninput: () => { at = 0; draw(); }, onkeydown: (e) => {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") at = Math.max(0, Math.min(shown.length - 1, at + (e.key === "ArrowDown" ? 1 : -1)));
      else if (e.key === "Enter") { e.preventDefault(); if (shown[at]) run(shown[at]); return; }
      else return;
      e.preventDefault();
      draw();
    }});
  const box = dialog("Commands", field, list);
  const run = ([, , act]) => { box.close(); act(); };
  const draw = () => {
    const words = field.value.toLowerCase().split(" ").filter(Boolean);
    shown = commands.filter(([name]) => words.every((word) => name.toLowerCase().includes(word)));
    fill(list, shown.length ? shown.map((command, k) => h("li", {role: "option", id: `command-${k}`, "aria-selected": k === at, onclick: () => run(command)}, command[0], command[1] ? h("kbd", {}, command[1]) : null)) : h("li", {class: "soft"}, "No command is called so."));
    field.setAttribute("aria-activedescendant", shown.length ? `command-${at}` : "");
    list.children[at].scrollIntoView({block: "nearest"});
  };
  draw();
  field.focus();
}
