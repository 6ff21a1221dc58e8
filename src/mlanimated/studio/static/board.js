// board.js: cells, as programs put them here and change them.

import { Link, ask, make, otherTheme } from "./common.js";

const place = document.getElementById("cells");
const shown = new Map();

/** Show all cells; those that did not change are left alone, so that their scripts go on. */
async function show() {
  const cells = await ask("GET", "/api/v1/cells");
  if (!cells) return;
  const here = new Set(cells.map(({ id }) => id));
  for (const [id, { element }] of shown) if (!here.has(id)) (element.remove(), shown.delete(id));
  for (const cell of cells) {
    const before = shown.get(cell.id);
    if (before?.changed === cell.changed) continue;
    const element = draw(cell);
    if (before) before.element.replaceWith(element);
    else place.append(element);
    shown.set(cell.id, { changed: cell.changed, element });
  }
  document.getElementById("none").hidden = cells.length > 0;
}

function draw({ id, name, type, description, changed }) {
  const remove = make("button", { type: "button", textContent: "✕", title: "Remove", "aria-label": `Remove ${name || "cell"}` });
  remove.addEventListener("click", () => ask("DELETE", `/api/v1/cells/${id}`));
  const inside =
    type === "img"
      ? make("img", { src: `/cells/${id}/img?${changed}`, alt: description || name || "Picture" })
      : make("iframe", { src: `/cells/${id}/frame?${changed}`, title: name || "Cell", sandbox: "allow-scripts", "referrerpolicy": "no-referrer" });
  const head = make("header", {}, make("h2", { textContent: name || "Untitled" }), remove);
  const cell = make("article", { className: `cell ${type}`, "data-cell": id }, head, inside);
  if (description) cell.append(make("p", { className: "muted", textContent: description }));
  return cell;
}

// The studio says so as soon as it listens, and at each change. What changes while it answers is asked for again: no cell is lost.
let changed = false;
let showing = false;
const link = new Link(() => ({ cells: true }));
link.addEventListener("cells", async () => {
  changed = true;
  if (showing) return;
  showing = true;
  while (changed) {
    changed = false;
    await show();
  }
  showing = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "d" && !event.ctrlKey && !event.metaKey && !event.altKey) otherTheme();
});
