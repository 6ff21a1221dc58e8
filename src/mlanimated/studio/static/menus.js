// menus.js: choose panels, compare runs, take what is on the screen home.

import { make } from "./common.js";
import { identity } from "./panels.js";

const FORMATS = [["html", "Page with a player"], ["mp4", "Film"], ["gif", "GIF"], ["png", "Picture of this step"], ["svg", "Drawing of this step"], ["csv", "Table of numbers"]];
const KINDS = { scalar: ["lines"], array: ["heatmap", "histogram", "bars"], picture: ["picture"], text: ["words"] };

export function menus(ui, view, { info, panels, change }) {
  const filling = { "panels-menu": choosePanels, "compare-menu": compare, "export-menu": take };
  for (const [id, fill] of Object.entries(filling)) ui[id].addEventListener("beforetoggle", ({ newState }) => newState === "open" && fill(ui[id]));

  function choosePanels(menu) {
    const boxes = [...panels.all(info())].map(([id, panel]) => {
      const box = make("input", { type: "checkbox", checked: !view.hidden.includes(id) });
      box.addEventListener("change", () => {
        view.hidden = box.checked ? view.hidden.filter((each) => each !== id) : [...view.hidden, id];
        change();
      });
      return make("label", { className: "choice" }, box, make("span", { textContent: panel.title }), make("small", { textContent: panel.kind }));
    });
    const add = make("select", { "aria-label": "Add a panel" }, make("option", { value: "", textContent: "Add a panel …" }));
    add.append(make("option", { value: JSON.stringify({ kind: "scene", title: "Overview" }), textContent: "Overview, as in a film" }));
    for (const [name, kind] of info()[view.runs[0]]?.series ?? [])
      for (const each of KINDS[kind] ?? []) add.append(make("option", { value: JSON.stringify({ kind: each, series: [name], title: name }), textContent: `${name} · ${each}` }));
    add.addEventListener("change", () => {
      if (!add.value) return;
      const panel = JSON.parse(add.value);
      view.hidden = view.hidden.filter((id) => id !== identity(panel));
      if (!panels.all(info()).has(identity(panel))) view.more.push(panel);
      change();
      menu.hidePopover();
    });
    menu.replaceChildren(make("h2", { textContent: "Panels" }), ...boxes, add);
  }

  async function compare(menu) {
    const search = make("input", { type: "search", placeholder: "Search runs", "aria-label": "Search runs" });
    const list = make("div", { className: "choices" });
    menu.replaceChildren(make("h2", { textContent: "On one clock" }), search, list);
    const fill = async () => {
      const answer = await fetch(`/api/v1/runs?${new URLSearchParams({ search: search.value, limit: 40 })}`).then((reply) => reply.json());
      const names = new Map(answer.runs.map(({ run, name }) => [run, name]));
      for (const run of view.runs) if (!names.has(run)) names.set(run, info()[run]?.name ?? run);
      list.replaceChildren(...[...names].map(([run, name]) => choice(run, name)));
    };
    const choice = (run, name) => {
      const box = make("input", { type: "checkbox", checked: view.runs.includes(run), disabled: view.runs.length === 1 && view.runs[0] === run });
      box.addEventListener("change", () => {
        const runs = box.checked ? [...view.runs, run] : view.runs.filter((each) => each !== run);
        const query = new URLSearchParams(location.search);
        query.delete("run");
        for (const each of runs) query.append("run", each);
        location.href = `/watch?${query}`;
      });
      return make("label", { className: "choice" }, box, make("span", { textContent: name }));
    };
    let typing;
    search.addEventListener("input", () => (clearTimeout(typing), (typing = setTimeout(fill, 150))));
    await fill();
    search.focus();
  }

  function take(menu) {
    const [lead, ...others] = view.runs;
    const shown = Object.values(panels.asks()).map(({ panel }) => panel);
    const links = FORMATS.map(([form, words]) => {
      const query = new URLSearchParams(others.map((run) => ["with", run]));
      if (form !== "csv") for (const panel of shown.slice(0, 6)) query.append("panel", JSON.stringify(panel));
      if (form !== "csv" && form !== "html") query.set("theme", panels.theme);
      if (view.align !== "step") query.set("align", view.align);
      if ((form === "png" || form === "svg") && view.at !== null) query.set("step", view.at);
      const href = `/api/v1/runs/${encodeURIComponent(lead)}/film.${form}?${query}`;
      return make("a", { className: "choice", href, download: "" }, make("span", { textContent: words }), make("small", { textContent: `.${form}` }));
    });
    const embed = make("button", { type: "button", className: "choice", textContent: "Copy the address of this view" });
    embed.addEventListener("click", () => navigator.clipboard?.writeText(location.href).then(() => menu.hidePopover()));
    menu.replaceChildren(make("h2", { textContent: "Take it home" }), ...links, embed);
  }
}
