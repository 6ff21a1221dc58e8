// panels.js: the panels of a run page. Each is a player that shows the frames that the studio draws.

import { make } from "./common.js";

const WIDTHS = [400, 640, 960, 1280];
const PLOT = [0.09, 0.86]; // about where lines are drawn in their panel, for looking closer

/** What a panel is known by, whatever is changed of it. */
export const identity = ({ kind, series = [], tensor }) => [kind, ...series, ...(tensor ? [tensor] : [])].join("\u0001");

export class Panels {
  #shown = new Map(); // identity → {element, player, index, panel, width, seen}
  #next = 0;
  #begun = false;

  constructor(place, view, link, change) {
    Object.assign(this, { place, view, link, change });
    this.seeing = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "200px" });
    this.sizing = new ResizeObserver(() => this.#sizes());
    this.sizing.observe(place);
  }

  /** All panels that there are: those that suit the runs, and those that were added. */
  all(info) {
    const { view } = this;
    const found = new Map();
    for (const run of view.runs) for (const panel of info[run]?.panels ?? []) if (!found.has(identity(panel))) found.set(identity(panel), panel);
    for (const panel of view.more) found.set(identity(panel), panel);
    if (view.runs.length > 1) for (const [id, { kind }] of found) if (kind === "events") found.delete(id);
    return found;
  }

  /** Show the panels that are wanted, in order, by group. */
  lay(info) {
    const { view, place } = this;
    const all = this.all(info);
    const wanted = [...all].filter(([id]) => (view.big ? id === view.big : !view.hidden.includes(id)));
    if (view.big && !wanted.length) {
      view.big = null;
      return this.lay(info);
    }
    const here = new Set(wanted.map(([id]) => id));
    let changed = false;
    for (const [id, { element }] of this.#shown) {
      if (here.has(id)) continue;
      this.seeing.unobserve(element);
      element.remove();
      this.#shown.delete(id);
      changed = true;
    }
    wanted.forEach(([id, panel], order) => {
      let shown = this.#shown.get(id);
      if (!shown) {
        shown = this.#make(id, panel);
        this.#shown.set(id, shown);
        changed = true;
      }
      const asked = this.#asked(id, panel);
      changed ||= JSON.stringify(asked) !== JSON.stringify(shown.asked);
      Object.assign(shown, { panel, asked });
      shown.tune(asked);
      if (place.children[order] !== shown.element) place.insertBefore(shown.element, place.children[order] ?? null);
    });
    place.classList.toggle("big", view.big !== null);
    document.getElementById("none").hidden = wanted.length > 0;
    this.#sizes();
    if (changed) this.#ask();
  }

  /** What the studio is asked to draw: what is seen. */
  asks() {
    return Object.fromEntries(
      [...this.#shown.values()].filter(({ seen }) => seen).map(({ index, asked, width }) => [index, { panel: asked, width }]),
    );
  }

  /** The socket is new: the studio remembers nothing. */
  begin() {
    this.#begun = true;
    for (const shown of this.#shown.values()) shown.index = this.#next++;
    this.#ask();
  }

  /** Take a frame. @param {ArrayBuffer} data */
  take(data) {
    const index = new DataView(data).getUint16(0, true);
    const shown = [...this.#shown.values()].find((each) => each.index === index);
    const painted = () => this.link.say({ got: index });
    if (!shown) return painted();
    // One after the other: to read a message takes turns of its own.
    shown.queue = shown.queue
      .then(() => shown.player.push(new Uint8Array(data, 16)))
      .then(() => {
        const { film } = shown.player;
        shown.player.style.setProperty("--shape", film.width / film.height); // other widths have other shapes
        shown.player.toggleAttribute("begun", true);
        shown.element.classList.add("ready");
      })
      .catch((error) => console.error(error))
      .then(painted);
  }

  /** Take a theme. */
  dress(theme) {
    this.theme = theme;
    for (const { player } of this.#shown.values()) player.setAttribute("theme", theme);
  }

  #asked(id, { kind, series, log, smooth, best, tensor, x }) {
    const { view } = this;
    const asked = { kind, series: series ?? [] };
    if (kind === "lines") {
      const own = view.set[id] ?? {};
      Object.assign(asked, { log: own.log ?? log ?? false, smooth: own.smooth ?? smooth ?? 0, x: x ?? view.x });
      if (view.from !== null) Object.assign(asked, { start: view.from, stop: view.to });
    }
    if (best) asked.best = true;
    if (tensor) asked.tensor = tensor;
    return asked;
  }

  #make(id, panel) {
    const { view } = this;
    const { kind, title, series = [] } = panel;
    const player = make("mla-player", { "aria-label": title, role: "group" });
    const own = () => (view.set[id] ??= {});
    const button = (text, name, act) => {
      const made = make("button", { type: "button", textContent: text, title: name, "aria-label": `${name}: ${title}` });
      made.addEventListener("click", act);
      return made;
    };
    const tools = make("div", { className: "tools" });
    const log = button("log", "Logarithmic", () => ((own().log = log.ariaPressed !== "true"), this.change()));
    const smooth = make("input", { type: "range", min: 0, max: 6, step: 1, title: "Smoothing", "aria-label": `Smoothing: ${title}` });
    const levels = [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
    smooth.addEventListener("input", () => ((own().smooth = levels[smooth.value]), this.change()));
    if (kind === "lines") tools.append(smooth, log);
    tools.append(button("⤢", "Alone", () => ((view.big = view.big === id ? null : id), this.change())));
    tools.append(button("✕", "Hide", () => ((view.big = null), view.hidden.push(id), this.change())));
    const heading = make("h2", { textContent: title ?? series.join(", "), title: series.join(", ") });
    const element = make("section", { className: `panel ${kind}`, "data-panel": id, "aria-label": title }, make("header", {}, heading, tools), player);
    player.removeAttribute("captions");
    player.setAttribute("theme", this.theme ?? "light");
    // A click on a film plays it; here it is a picture.
    player.addEventListener("click", (event) => event.stopPropagation(), true);
    if (kind === "lines") this.#closer(player);
    const shown = { element, player, index: this.#next++, panel, width: 640, seen: false, queue: Promise.resolve() };
    shown.tune = (asked) => {
      log.ariaPressed = String(Boolean(asked.log));
      smooth.value = Math.max(0, levels.findLastIndex((level) => level <= (asked.smooth ?? 0) + 1e-9));
    };
    this.seeing.observe(element);
    return shown;
  }

  /** Let a part of a chart be marked by dragging over it; the present frame shows it until the finer one is there. */
  #closer(player) {
    let start = null;
    const mark = make("div", { className: "mark", hidden: true });
    const share = (event) => {
      const { left, width } = player.getBoundingClientRect();
      const at = ((event.clientX - left) / width - PLOT[0]) / (PLOT[1] - PLOT[0]);
      return Math.min(1, Math.max(0, at));
    };
    player.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch") return;
      player.parentElement.append(mark);
      start = share(event);
    });
    player.addEventListener("pointermove", (event) => {
      if (start === null) return;
      const [from, to] = [start, share(event)].sort((one, other) => one - other);
      const scale = (at) => 100 * (PLOT[0] + at * (PLOT[1] - PLOT[0]));
      mark.hidden = to - from < 0.02;
      mark.style.left = `${scale(from)}%`;
      mark.style.width = `${scale(to) - scale(from)}%`;
    });
    const done = (event) => {
      if (start === null) return;
      const [from, to] = [start, share(event)].sort((one, other) => one - other);
      start = null;
      mark.remove();
      const [low, high] = this.range();
      if (event.type === "pointerup" && to - from >= 0.02) this.zoom(low + from * (high - low), low + to * (high - low));
    };
    player.addEventListener("pointerup", done);
    player.addEventListener("pointerleave", done);
  }

  #see(entries) {
    let changed = false;
    for (const { target, isIntersecting } of entries) {
      const shown = this.#shown.get(target.dataset.panel);
      if (!shown || shown.seen === isIntersecting) continue;
      shown.seen = isIntersecting;
      changed = true;
    }
    if (changed) this.#ask();
  }

  #sizes() {
    let changed = false;
    for (const shown of this.#shown.values()) {
      const wide = shown.player.clientWidth;
      if (!wide) continue;
      const width = WIDTHS.reduce((best, each) => (Math.abs(each - wide * 1.05) < Math.abs(best - wide * 1.05) ? each : best));
      shown.player.removeAttribute("captions");
      changed ||= width !== shown.width;
      shown.width = width;
    }
    if (changed) this.#ask();
  }

  #ask() {
    if (!this.#begun || this.asking) return;
    this.asking = true;
    queueMicrotask(() => {
      this.asking = false;
      this.watch();
    });
  }
}
