// watch.js: one run, or several on one clock: panels, the scrubber, and what the address says of the view.

import { Link, make, otherTheme, theme } from "./common.js";
import { menus } from "./menus.js";
import { Panels } from "./panels.js";
import { Side } from "./side.js";

const data = JSON.parse(document.getElementById("data").textContent);
const ui = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const WHOLE = 12; // seconds that a whole run takes to play

/** What is looked at; the address says it, and nothing else does. */
export const view = {
  runs: data.asked.runs,
  align: data.asked.align,
  at: data.asked.at, // null follows the last step
  x: "step",
  hidden: [], // panels that are not shown
  more: [], // panels that were added
  set: {}, // what was changed of a panel: {log, smooth}
  big: null, // the panel that fills the page
  from: null, // the part of the run that lines show
  to: null,
  ...data.asked.view,
};
export let state = data.state;
export let info = data.info;
let watching = 0;
let playing = false;

const lead = () => view.runs[0];
const first = () => view.from ?? state[lead()]?.first ?? 0;
const last = () => view.to ?? state[lead()]?.last ?? 1;
const now = () => (view.at === null ? last() : Math.min(Math.max(view.at, first()), last()));

const link = new Link(() => ({ watch: asks() }));
const panels = new Panels(ui.panels, view, link, change);
const side = new Side(ui, view, { seek, state: () => state, info: () => info });

/** What the studio is asked for. */
function asks() {
  return { runs: view.runs, align: view.align, at: view.at, number: ++watching, panels: panels.asks() };
}
panels.watch = () => link.say({ watch: asks() });
panels.number = () => watching;

/** Something of the view was changed: show it, and write it into the address. */
export function change() {
  panels.lay(info);
  write();
  show();
}

let writing;
function write() {
  clearTimeout(writing);
  writing = setTimeout(() => {
    const query = new URLSearchParams(view.runs.map((run) => ["run", run]));
    if (view.align !== "step") query.set("align", view.align);
    if (view.at !== null) query.set("at", +view.at.toPrecision(8));
    const { x, hidden, more, set, big, from, to } = view;
    const own = {};
    if (x !== "step") own.x = x;
    if (hidden.length) own.hidden = hidden;
    if (more.length) own.more = more;
    if (Object.keys(set).length) own.set = set;
    if (big) own.big = big;
    if (from !== null) Object.assign(own, { from, to });
    if (Object.keys(own).length) query.set("view", JSON.stringify(own));
    if (document.body.classList.contains("embed")) query.set("embed", "1");
    history.replaceState(null, "", `/watch?${query}`);
  }, 200);
}

// The clock.

let asked = 0;
/** Go to a step; null follows the last one. @param {number | null} step */
export function seek(step, stop = true) {
  if (stop) play(false);
  view.at = step === null ? null : Math.min(Math.max(step, first()), last());
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    link.say({ at: view.at });
  });
  show();
  write();
}

let before = 0;
function play(on) {
  playing = on;
  ui.play.classList.toggle("playing", on);
  ui.play.ariaLabel = ui.play.title = on ? "Pause" : "Play";
  before = 0;
  if (!on) return;
  if (now() >= last()) seek(first(), false);
  requestAnimationFrame(advance);
}

function advance(time) {
  if (!playing) return;
  const passed = before ? Math.min(100, time - before) / 1000 : 0;
  before = time;
  // As in films: slow at first, where most is learned, then quicker and quicker.
  const span = last() - first() || 1;
  const bend = Math.min(5, Math.max(0.01, Math.log(span / 100)));
  const come = Math.log1p(((now() - first()) / span) * Math.expm1(bend)) / bend + (passed / WHOLE) * ui.speed.value;
  const next = first() + (span * Math.expm1(bend * come)) / Math.expm1(bend);
  if (next >= last()) {
    play(false);
    return seek(view.to === null ? null : last());
  }
  seek(next, false);
  requestAnimationFrame(advance);
}

/** Bring the bar to what is shown. */
function show() {
  const { at, step, live, marks } = ui;
  const many = last() > first();
  at.min = first();
  at.max = many ? last() : first() + 1;
  at.value = many ? now() : first() + 1;
  at.style.setProperty("--at", many ? (now() - first()) / (last() - first()) : 1);
  const word = Math.floor(now() + 1e-9).toLocaleString("en-US").replaceAll(",", "\u2009");
  step.textContent = `step ${word}`;
  at.ariaValueText = `Step ${word} of ${last()}`;
  live.ariaPressed = String(view.at === null);
  const running = view.runs.some((run) => ["running", "paused"].includes(state[run]?.status));
  live.textContent = running ? "Live" : "End";
  live.classList.toggle("on", view.at === null);
  ui["zoom-out"].hidden = view.from === null;
  const events = (info[lead()]?.events ?? []).filter(([moment]) => moment >= first() && moment <= last());
  const key = `${first()} ${last()} ${events.length}`;
  if (marks.dataset.key !== key) {
    marks.dataset.key = key;
    const place = (moment) => `left:${(100 * (moment - first())) / (last() - first() || 1)}%`;
    marks.replaceChildren(...events.map(([moment, name]) => make("i", { style: place(moment), title: name })));
  }
  const trouble = view.runs.map((run) => state[run]?.trouble && `${info[run]?.name ?? run}: ${state[run].trouble}`).filter(Boolean);
  ui.trouble.hidden = !trouble.length;
  ui.trouble.textContent = trouble.join(" ");
  side.show();
}

/** Look closer (below 1) or further, around where the clock stands. */
function zoom(factor) {
  const [low, high] = [state[lead()]?.first ?? 0, state[lead()]?.last ?? 1];
  const wide = (last() - first()) * factor;
  if (wide >= high - low) return whole();
  if (wide < 2) return;
  const share = (now() - first()) / (last() - first() || 1);
  const from = Math.max(low, Math.min(high - wide, now() - share * wide));
  Object.assign(view, { from: Math.round(from), to: Math.round(from + wide) });
  if (view.at === null) view.at = view.to;
  change();
  seek(view.at, false);
}
panels.zoom = (from, to) => {
  Object.assign(view, { from: Math.round(from), to: Math.max(Math.round(from) + 2, Math.round(to)) });
  change();
  if (view.at !== null) seek(view.at, false);
};
panels.range = () => [first(), last()];

function whole() {
  Object.assign(view, { from: null, to: null });
  change();
}

ui.at.addEventListener("input", () => seek(Number(ui.at.value) >= last() && view.to === null ? null : Number(ui.at.value)));
ui.play.addEventListener("click", () => play(!playing));
ui.live.addEventListener("click", () => seek(null));
ui["zoom-out"].addEventListener("click", whole);

// What the studio says.

link.addEventListener("state", ({ detail }) => {
  state = detail;
  show();
});
link.addEventListener("info", ({ detail }) => {
  info = { ...info, ...detail };
  panels.lay(info);
  axes();
  side.lay();
  show();
});
link.addEventListener("trouble", ({ detail }) => {
  ui.trouble.hidden = false;
  ui.trouble.textContent = detail;
});
link.addEventListener("frame", ({ data }) => panels.take(data));
link.addEventListener("open", () => panels.begin());

/** Offer what runs can be drawn over, and aligned by. */
function axes() {
  const scalars = (run) => (info[run]?.series ?? []).filter(([, kind]) => kind === "scalar").map(([name]) => name);
  const shared = scalars(lead()).filter((name) => view.runs.every((run) => scalars(run).includes(name)));
  fill(ui.x, ["step", "time", ...shared.filter((name) => /epoch|episode|time|wall|hour/i.test(name))], view.x);
  fill(ui.align, ["step", "progress", ...shared], view.align);
  ui.aligned.hidden = view.runs.length < 2;
}
function fill(select, names, chosen) {
  if ([...select.options].map((option) => option.value).join("\n") !== names.join("\n"))
    select.replaceChildren(...names.map((name) => make("option", { value: name, textContent: name })));
  select.value = chosen;
}
ui.x.addEventListener("change", () => ((view.x = ui.x.value), change()));
ui.align.addEventListener("change", () => {
  view.align = ui.align.value;
  write();
  link.say({ watch: asks() });
});

// Keys. They are caught before the players, which have keys of their own.

function row(way) {
  const step = Math.max(1, (last() - first()) / 400);
  seek(Math.round(now() + way * step));
}
function jump(way) {
  const moments = (info[lead()]?.events ?? []).map(([moment]) => moment);
  seek((way > 0 ? moments.find((moment) => moment > now() + 1e-6) : moments.findLast((moment) => moment < now() - 1e-6)) ?? (way > 0 ? null : first()));
}
function speed(way) {
  ui.speed.selectedIndex = Math.min(ui.speed.options.length - 1, Math.max(0, ui.speed.selectedIndex + way));
}
const KEYS = {
  " ": () => play(!playing),
  ArrowLeft: () => row(-1),
  ArrowRight: () => row(1),
  PageUp: () => jump(-1),
  PageDown: () => jump(1),
  Home: () => seek(first()),
  End: () => seek(null),
  l: () => seek(null),
  "<": () => speed(-1),
  ">": () => speed(1),
  "+": () => zoom(0.5),
  "=": () => zoom(0.5),
  "-": () => zoom(2),
  0: whole,
  d: otherTheme,
  c: () => ui["aside-button"].click(),
  "?": () => ui.keys.togglePopover(),
  Escape: () => view.big && ((view.big = null), change()),
};
document.addEventListener(
  "keydown",
  (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
    if (target.closest("input:not(#at),select,textarea,[popover],dialog")) return;
    if (target.closest("button,a,summary") && /^( |Enter)$/.test(key)) return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[key]();
  },
  true,
);
addEventListener("themechange", () => panels.dress(theme()));

if (data.asked.embed) document.body.classList.add("embed");
menus(ui, view, { info: () => info, panels, change, write });
panels.dress(theme());
panels.lay(info);
axes();
side.lay();
show();
