// Comfort only: without this script the page shows the same.

// A cell of the matrix opens below it, and the page stays where it is.
for (const cell of document.querySelectorAll(".matrix a")) {
  cell.addEventListener("click", (event) => {
    event.preventDefault();
    const x = scrollX, y = scrollY;
    location.hash = cell.hash;                 // what :target follows
    scrollTo({ left: x, top: y, behavior: "instant" });
    document.querySelector(cell.hash).scrollIntoView({ block: "nearest" });
    mark();
  });
}

// Arrow keys go from cell to cell.
document.querySelector(".matrix")?.addEventListener("keydown", (event) => {
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
  let cell = event.target.closest("td");
  if (!cell || (!down && !right)) return;
  event.preventDefault();
  do {
    const row = cell.closest("tr").parentElement.rows[cell.closest("tr").sectionRowIndex + down];
    cell = row?.cells[cell.cellIndex + right];
  } while (cell && !cell.querySelector("a"));
  cell?.querySelector("a").focus();
});

// The cell whose examples are shown is marked.
function mark() {
  for (const cell of document.querySelectorAll(".matrix a")) {
    if (cell.hash === location.hash) cell.setAttribute("aria-current", "true");
    else cell.removeAttribute("aria-current");
  }
}
addEventListener("hashchange", mark);
mark();

// On paper nothing is folded.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
