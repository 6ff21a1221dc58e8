// widget.js: what a notebook shows through anywidget: the player, and below it what takes a running training in hand.
//
// The model always holds the newest of all (`dress`, `frame`, `state`), never a queue: who comes late, or paints slowly, sees
// the last. A kernel that is busy in a cell may send but does not listen: what is asked of it waits, and the page says so.

import { dressed, theme } from "./around.js";
import STYLE from "./widget.css";

const PATIENCE = 1500; // ms that a kernel may take to answer before it is called busy
const BUSY =
  "The kernel does not answer: busy in a cell, it hears this when the cell ends. A training in a thread is steered while it runs.";
const WAITS = "Asked: the training obeys at its next recorder.tick().";
const PAGE = `<style>${STYLE}</style>
<section class="live">
  <header><b class="name"></b><span class="status" role="status"></span></header>
  <div class="place"></div>
  <div class="bar">
    <button class="hold" type="button">Pause</button><button class="once" type="button" title="One step, then wait">Step</button>
    <input class="at" type="range" step="1" aria-label="Step"><output class="step" aria-live="off"></output>
    <button class="follow" type="button" title="Show what is new">Follow</button>
  </div>
  <div class="controls"></div>
  <p class="event" aria-live="polite"></p>
  <p class="told" role="status"></p>
</section>`;

/** What a trait of bytes holds. @returns {Uint8Array} */
const bytes = (view) => (view?.byteLength ? new Uint8Array(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength) : new Uint8Array());
/** A film that is whole, at a moment that the kernel may read and set. */
function film(model, el, signal) {
  const player = document.createElement("mla-player");
  el.append(player);
  dressed(document, () => player.setAttribute("theme", theme(document)), signal);
  player.load(bytes(model.get("film"))).then(() => (model.get("time") ? player.seek(model.get("time")) : null));
  let told = 0;
  const tell = () => {
    const time = Math.round(player.time * 1000) / 1000;
    if (time === model.get("time")) return;
    told = performance.now();
    model.set("time", time);
    model.save_changes();
  };
  let later;
  player.addEventListener("timeupdate", () => {
    clearTimeout(later); // at most ten times a second, and the last in any case
    later = setTimeout(tell, Math.max(0, told + 100 - performance.now()));
  });
  const sought = () => Math.abs(model.get("time") - player.time) > 0.002 && player.film && player.seek(model.get("time"));
  model.on("change:time", sought);
  signal.addEventListener("abort", () => (clearTimeout(later), model.off("change:time", sought)));
}

/** A training, as it stands. */
class Live {
  #asked = 0; // the number of the last question
  #open = null; // {number, at}: the one that waits for its answer
  #next = null; // the step to ask for after it
  #wish = ""; // how the training stood when something was asked of it
  #busy = false;

  constructor(model, el, signal) {
    const root = el.attachShadow({ mode: "open" });
    root.innerHTML = PAGE;
    /** Parts of the page by class. @type {Record<string, any>} */
    const ui = {};
    for (const part of root.querySelectorAll("[class]")) ui[part.className] = part;
    const player = document.createElement("mla-player");
    ui.place.append(player);
    Object.assign(this, { model, ui, player, root, sliders: new Map(), laid: "" });
    // A click on a film plays it; here it is a picture.
    player.addEventListener("click", (event) => event.stopPropagation(), { capture: true });
    ui.hold.addEventListener("click", () => this.#ask({ do: this.state.status === "paused" ? "play" : "pause" }));
    ui.once.addEventListener("click", () => this.#ask({ do: "step" }));
    ui.follow.addEventListener("click", () => this.#seek(null));
    ui.at.addEventListener("input", () => this.#seek(Number(ui.at.value)));
    const [paint, show] = [() => this.paint(), () => this.show()];
    model.on("change:frame", paint);
    model.on("change:state", show);
    signal.addEventListener("abort", () => {
      model.off("change:frame", paint);
      model.off("change:state", show);
      clearTimeout(this.patience);
    });
    this.opened = player.push(bytes(model.get("dress"))).then(() => player.toggleAttribute("begun", true));
    this.opened.then(() => dressed(document, () => this.#dress(), signal)).then(() => this.show());
    this.show();
    this.paint();
  }

  get state() {
    return this.model.get("state") ?? {};
  }

  #dress() {
    const { player, ui } = this;
    const name = theme(document);
    player.setAttribute("theme", name);
    const { roles } = player.film.palette[name];
    ui.live.style.colorScheme = name;
    for (const role of ["ground", "panel", "ink", "muted", "faint", "accent"]) ui.live.style.setProperty(`--${role}`, roles[role]);
  }

  /** Bring the newest frame to the canvas; of those that come while one is painted, the last. */
  async paint() {
    if (this.#busy) return;
    this.#busy = true;
    await this.opened;
    for (let shown = null, frame; (frame = this.model.get("frame")) !== shown; shown = frame) {
      if (!frame?.byteLength) continue;
      await this.player.push(bytes(frame)).catch((error) => console.error(error));
      const { width, height } = this.player.film;
      for (const part of [this.player, this.ui.live]) part.style.setProperty("--shape", width / height);
    }
    this.#busy = false;
  }

  /** Bring all around the picture to what is so. */
  show() {
    const { ui, state, player } = this;
    const { name = "", status = "", first = 0, last = 0, at = null, event, heard = 0, trouble = "", words = "" } = state;
    const set = (part, key, value) => part[key] !== value && (part[key] = value);
    if (this.#open && heard >= this.#open.number) this.#answered();
    if (this.#wish && this.#wish !== this.#standing()) this.#obeyed();
    set(ui.name, "textContent", name);
    set(ui.status, "textContent", status);
    ui.status.className = `status ${status}`;
    const over = !["running", "paused"].includes(status);
    set(ui.hold, "textContent", status === "paused" ? "Resume" : "Pause");
    for (const part of [ui.hold, ui.once]) set(part, "hidden", over || !state.steered);
    set(ui.follow, "hidden", at === null);
    set(ui.at, "disabled", !(last > first));
    set(ui.at, "min", String(first));
    set(ui.at, "max", String(last));
    const step = this.#next === Infinity ? last : (this.#next ?? at ?? last);
    if (this.root.activeElement !== ui.at || this.#open === null) set(ui.at, "value", String(step));
    set(ui.step, "textContent", `step ${step.toLocaleString("en")}`);
    set(ui.at, "ariaValueText", `step ${step} of ${last}`);
    const said = event ? `${event[1]}\n${event[2]}` : "";
    if (ui.event.dataset.said !== said) {
      ui.event.dataset.said = said;
      const bold = document.createElement("b");
      bold.textContent = event ? event[1] : "";
      ui.event.replaceChildren(bold, event?.[2] ? ` ${event[2]}` : "");
    }
    if (trouble || this.wasTrouble) set(ui.told, "textContent", trouble);
    this.wasTrouble = Boolean(trouble);
    if (player.canvas) set(player.canvas, "ariaLabel", words || name || "A training");
    this.#controls(over || !state.steered ? [] : (state.controls ?? []));
  }

  #controls(controls) {
    const key = JSON.stringify(controls.map(([name, , low, high]) => [name, low, high]));
    if (key !== this.laid) {
      this.laid = key;
      this.sliders.clear();
      this.ui.controls.replaceChildren(...controls.map((each) => this.#slider(...each)));
    }
    for (const [name, value, low, high] of controls) {
      const { slide, number } = this.sliders.get(name);
      if ([slide, number].includes(this.root.activeElement)) continue;
      const bend = low === 0 ? 3 : 1;
      slide.value = String(((value - low) / (high - low || 1)) ** (1 / bend));
      number.value = String(+value.toPrecision(4));
    }
  }

  /** A slider; where the range begins at 0 its left half is finer, as rates need it. */
  #slider(name, value, low, high) {
    const bend = low === 0 ? 3 : 1;
    const [label, words, slide, number] = ["label", "span", "input", "input"].map((tag) => document.createElement(tag));
    words.textContent = name.replaceAll("_", " ");
    Object.assign(slide, { type: "range", min: 0, max: 1, step: 0.001, ariaLabel: name });
    Object.assign(number, { type: "number", min: low, max: high, step: "any", required: true, ariaLabel: `${name}, from ${low} to ${high}` });
    slide.addEventListener("input", () => (number.value = +(low + (high - low) * slide.value ** bend).toPrecision(3)));
    const send = () => number.reportValidity() && this.#ask({ do: "set", name, value: Number(number.value) });
    slide.addEventListener("change", send);
    number.addEventListener("change", send);
    label.append(words, slide, number);
    this.sliders.set(name, { slide, number });
    return label;
  }

  #seek(step) {
    const { ui } = this;
    if (step !== null) ui.step.textContent = `step ${step.toLocaleString("en")}`;
    if (this.#open?.seeks) this.#next = step ?? Infinity;
    else this.#ask({ do: "seek", at: step }, true);
  }

  /** Ask the kernel; of steps one after the other, and the last of those that come meanwhile. */
  #ask(words, seeks = false) {
    const number = Math.max(this.#asked + 1, Date.now()); // other views of the model ask too
    this.#asked = number;
    this.#open = { number, seeks };
    this.model.send({ ...words, number });
    if (!seeks) this.#wish = this.#standing();
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.#open && (this.ui.told.textContent = BUSY), PATIENCE);
  }

  #answered() {
    const next = this.#next;
    this.#open = this.#next = null;
    clearTimeout(this.patience);
    this.ui.told.textContent = this.#wish ? WAITS : "";
    if (next !== null) this.#seek(next === Infinity ? null : next);
  }

  #obeyed() {
    this.#wish = "";
    if (!this.#open) this.ui.told.textContent = "";
  }

  /** What changes when the training obeys. */
  #standing() {
    const { status, controls, last } = this.state;
    return JSON.stringify([status, controls, status === "paused" && last]);
  }
}

export default {
  render({ model, el }) {
    const gone = new AbortController();
    el.dataset.lmSuppressShortcuts = "true"; // keys are the player's here, not the notebook's
    if (model.get("film")?.byteLength) film(model, el, gone.signal);
    else new Live(model, el.appendChild(document.createElement("div")), gone.signal);
    return () => gone.abort();
  },
};
