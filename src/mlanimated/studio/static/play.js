// play.js: a game at a table of the studio's: clicks and keys go there, frames and words come back.

import { Link, make, otherTheme, theme } from "./common.js";

const ui = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const { game } = document.querySelector("main").dataset;
const narrow = matchMedia("(max-width: 760px)");
const player = make("mla-player", { "aria-label": game, role: "group", theme: theme() });
player.removeAttribute("captions");
ui.table.append(player);

const link = new Link(() => ({ visible: !document.hidden }), `/table/${game}?wide=${Number(!narrow.matches)}`);
narrow.addEventListener("change", () => link.say({ wide: !narrow.matches }));
document.addEventListener("visibilitychange", () => link.say({ visible: !document.hidden }));
addEventListener("themechange", () => player.setAttribute("theme", theme()));

// What comes.

let queue = Promise.resolve();
link.addEventListener("frame", ({ data }) => {
  queue = queue
    .then(() => player.push(new Uint8Array(data, 16)))
    .then(() => {
      const { film } = player;
      player.style.setProperty("--shape", film.width / film.height);
      player.toggleAttribute("begun", true);
      ui.table.classList.add("ready");
    })
    .catch((error) => console.error(error))
    .then(() => link.say({ got: 1 }));
});
link.addEventListener("text", ({ detail }) => (ui.told.textContent = detail));
link.addEventListener("trouble", ({ detail }) => {
  ui.trouble.hidden = !detail;
  ui.trouble.textContent = detail ?? "";
});
link.addEventListener("controls", ({ detail }) => controls(detail));

// Clicks and keys.

player.addEventListener("click", (event) => {
  event.stopPropagation(); // a click on a film plays it; here it is a move
  if (!player.film) return;
  const { left, top, width, height } = player.getBoundingClientRect();
  const { width: wide, height: high } = player.film;
  link.say({ point: [((event.clientX - left) / width) * wide, ((event.clientY - top) / height) * high] });
}, true);
const KEYS = /^(Arrow(Left|Right|Up|Down)|Enter| |[1-9]|n|p)$/;
document.addEventListener(
  "keydown",
  (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input,select,textarea")) return;
    if (key === "d") return otherTheme();
    if (!KEYS.test(key) || (target.closest("button,a") && /^( |Enter)$/.test(key))) return;
    event.preventDefault();
    event.stopPropagation();
    link.say({ key });
  },
  true,
);

// Controls: made once, then brought to what they are.

const made = new Map();
function controls(given) {
  if (!given.every(({ name }) => made.has(name))) {
    made.clear();
    ui.controls.replaceChildren(make("h2", { textContent: "Controls" }), ...given.map(control));
  }
  for (const each of given) made.get(each.name)(each);
}

function control({ name, kind, label, options = [], low = 0, high = 1, log }) {
  const put = (value) => link.say({ put: [name, value] });
  if (kind === "button") {
    const button = make("button", { type: "button", textContent: label });
    button.addEventListener("click", () => put(null));
    made.set(name, () => {});
    return button;
  }
  if (kind === "switch") {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("change", () => put(box.checked));
    made.set(name, ({ value }) => (box.checked = value));
    return make("label", { className: "choice" }, box, make("span", { textContent: label }));
  }
  if (kind === "choice") {
    const select = make("select", {}, ...options.map(([value, textContent]) => make("option", { value, textContent })));
    select.addEventListener("change", () => put(select.value));
    made.set(name, ({ value }) => document.activeElement !== select && (select.value = value));
    return make("label", { className: "field" }, make("span", { textContent: label }), select);
  }
  const slide = make("input", { type: "range", min: 0, max: 1, step: 0.001, "aria-label": label });
  const value = () => (log ? low * (high / low) ** slide.value : low + (high - low) * slide.value);
  const share = (at) => (log ? Math.log(at / low) / Math.log(high / low) : (at - low) / (high - low));
  const output = make("output", {});
  const write = (at) => (slide.ariaValueText = output.textContent = Math.abs(at) >= 100 ? Math.round(at) : +at.toPrecision(2));
  slide.addEventListener("input", () => (write(value()), put(value())));
  made.set(name, ({ value: at }) => {
    write(at);
    if (document.activeElement !== slide) slide.value = share(at);
  });
  return make("label", { className: "field" }, make("span", { textContent: label }), output, slide);
}
