// player.js: the element <mla-player>, which plays what render/html.py wrote, or shows frames as they are pushed.
//
// Attributes: src (a film's data), theme ("light", "dark", else the reader's), autoplay, page (keys work everywhere), and
// what readers turn on and off: loop, captions, presenter (pause at each event), still (key moments, no motion).
// Scripts use load, push, play, pause, seek, step, jump; time, frame, seconds, playing; and the events "timeupdate" and,
// when a chapter begins, "momentchange".

import { KEYS, PAGE, SPEEDS } from "./controls.js";
import { Film } from "./film.js";
import { Colours, Painter, painters } from "./paint.js";

const HOLD = 3; // seconds for which a key moment is shown
const BASE = document.currentScript?.src; // the shared fonts lie beside the script
const dark = matchMedia("(prefers-color-scheme: dark)");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

/** 83.25 as "1:23.2". */
const clock = (time) => `${Math.floor(time / 60)}:${((Math.floor(time * 10 + 0.01) / 10) % 60).toFixed(1).padStart(4, "0")}`;
/** Of some cues, [start, stop, text], the one that began last. */
const begun = (cues, time) => cues?.findLast(([start]) => start <= time + 0.001) ?? [0, -1, ""];

let films = 0;

export class MlaPlayer extends HTMLElement {
  static observedAttributes = ["theme", "src", "loop", "captions", "presenter", "still"];
  static painters = painters;

  #time = 0;
  #held = 0; // for how long the key moment has been shown
  #request = 0;
  #before = 0;
  #visible = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = PAGE;
    /** Parts of the page by class. @type {Record<string, any>} */
    this.ui = {};
    for (const part of root.querySelectorAll("[class]")) this.ui[part.className] = part;
    this.ui.speed.value = 1;
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.frame = -1;
    this.#listen(root);
  }

  connectedCallback() {
    const { signal } = (this.gone = new AbortController());
    if (!this.is("tabindex")) this.tabIndex = 0;
    if (reduced.matches) this.toggleAttribute("still", true);
    if (this.clientWidth < 640) this.toggleAttribute("captions", true); // those in the picture are small then
    (this.is("page") ? document : this).addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("hashchange", () => this.#follow(), { signal });
    dark.addEventListener("change", () => this.#dress(), { signal });
    const seen = new IntersectionObserver(([entry]) => this.#see(entry.isIntersecting));
    const sized = new ResizeObserver(() => this.#size());
    signal.onabort = () => (seen.disconnect(), sized.disconnect());
    seen.observe(this);
    sized.observe(this.canvas);
    const inside = this.querySelector("script[type='application/gzip']");
    if (inside && !this.film) this.load(Uint8Array.from(atob(inside.textContent), (letter) => letter.charCodeAt(0)));
  }

  disconnectedCallback() {
    this.pause();
    this.gone.abort();
  }

  attributeChangedCallback(name) {
    if (name === "theme") this.#dress();
    else if (name === "src") this.#fetch();
    else this.#tell();
  }

  is(attribute) {
    return this.hasAttribute(attribute);
  }

  // What scripts and keys call.

  /** Show a film. @param {ArrayBuffer | Uint8Array} data what render/html.py wrote, compressed or not */
  async load(data) {
    try {
      await this.#open(await new Film().open(data));
      if (this.is("autoplay") && !this.is("still")) this.play();
      this.#follow();
    } catch (error) {
      this.#say(`This film cannot be shown. ${error.message}`);
    }
  }

  /** Show the newest frame of what is still being made. @param {ArrayBuffer | Uint8Array} message */
  async push(message) {
    const film = await (this.film ?? new Film()).open(message);
    if (film !== this.film) await this.#open(film);
    await this.#show(film.frames.length - 1, true);
  }

  get time() {
    return this.#time;
  }
  get seconds() {
    return this.film?.about.seconds ?? 0;
  }
  get playing() {
    return this.is("playing");
  }

  play() {
    if (this.#time >= this.seconds) this.#time = 0;
    this.#held = this.is("begun") ? HOLD : 0;
    this.#run(true);
    this.seek(this.#time);
  }

  pause() {
    this.#run(false);
    this.#tell();
  }

  /** @param {number} time seconds of film */
  seek(time) {
    this.toggleAttribute("begun", true);
    this.#time = Math.min(this.seconds, Math.max(0, time));
    this.#show(this.#index());
  }

  /** Pause, and go some frames on. @param {number} frames */
  step(frames) {
    this.pause();
    this.seek((this.#index() + frames) / this.film.about.fps);
  }

  /** Go to the next event (1), or the one before (-1). */
  jump(way) {
    const late = this.#time - (this.playing ? 0.5 : 0.01);
    this.seek((way > 0 ? this.#next() : this.#stops.findLast((start) => start < late)) ?? way * this.seconds);
  }

  /** Take the next speed, up (1) or down (-1). */
  faster(way) {
    const { speed } = this.ui;
    speed.value = SPEEDS[SPEEDS.indexOf(Number(speed.value)) + way] ?? speed.value;
    this.#say(`${speed.value}×`);
  }

  /** Put the moment into the address, and the address on the clipboard. */
  async link() {
    history.replaceState(null, "", `#t=${this.#time.toFixed(1)}${this.id && `&film=${this.id}`}`);
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    this.#say("Link copied");
  }

  // Opening.

  async #fetch() {
    const src = this.getAttribute("src");
    if (!src || src === this.source || !this.#visible) return;
    this.source = src;
    const answer = await fetch(src).catch((error) => ({ statusText: error.message }));
    if (answer.ok) await this.load(await answer.arrayBuffer());
    else this.#say(`This film cannot be read. ${answer.statusText}`);
  }

  async #open(film) {
    const { about, fonts, width, height } = film;
    const family = `mla-${++films}`;
    const faces = BASE ? ["regular", "bold", "fallback"].map((face) => [face, `url("${new URL(`${face}.woff2`, BASE)}")`]) : [];
    for (const face of this.faces ?? []) document.fonts.delete(face);
    this.faces = [...new Map([...faces, ...Object.entries(fonts)])].map(([face, data]) => new FontFace(`${family}-${face}`, data));
    for (const face of this.faces) document.fonts.add(face);
    await Promise.allSettled(this.faces.map((face) => face.load()));
    Object.assign(this, { film, painter: new Painter(film, family), role: "group", ariaLabel: about.title || "Film" });
    this.canvas.ariaLabel = about.alt || this.ariaLabel;
    this.style.setProperty("--shape", width / height);
    this.ui.bar.hidden = film.frames.length < 2;
    this.ui.marks.innerHTML = this.#stops.map((start) => (start ? `<i style="left:${(100 * start) / this.seconds}%"></i>` : "")).join("");
    this.#time = 0;
    this.toggleAttribute("begun", false);
    this.toggleAttribute("ready", true);
    this.#dress();
  }

  get #stops() {
    return (this.film.about.chapters ?? []).map(([start]) => start);
  }

  #next(time = this.#time) {
    return this.#stops.find((start) => start > time);
  }

  /** Go to the moment that the address names: #t=12.3, or #t=12.3&film=id where a page has several films. */
  #follow() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (!this.film || !wanted.has("t") || (wanted.get("film") ?? this.id) !== this.id) return;
    this.pause();
    this.seek(Number(wanted.get("t")) || 0);
  }

  // Time.

  #index() {
    const last = this.film.frames.length - 1;
    return this.#time >= this.seconds ? last : Math.min(last, Math.floor(this.#time * this.film.about.fps + 0.001));
  }

  #run(playing) {
    this.toggleAttribute("playing", playing);
    cancelAnimationFrame(this.#request);
    this.#before = 0;
    if (playing && this.#visible) this.#request = requestAnimationFrame((now) => this.#advance(now));
  }

  #advance(now) {
    const passed = (Math.min(100, now - (this.#before || now)) / 1000) * this.ui.speed.value;
    const from = this.#time;
    let time = from + passed;
    this.#before = now;
    this.#request = requestAnimationFrame((later) => this.#advance(later));
    if (this.is("still")) {
      this.#held = this.#held < HOLD ? this.#held + passed : 0;
      time = this.#held < HOLD ? from : (this.#next() ?? this.seconds);
    }
    const stop = this.is("presenter") && this.#next() <= time;
    if (stop) time = this.#next();
    else if (this.is("loop") && from >= this.seconds) time = 0;
    if (stop || (time >= this.seconds && !this.is("loop"))) this.#run(false);
    this.seek(time);
  }

  #see(visible) {
    this.#visible = visible;
    this.#fetch();
    this.#run(this.playing);
  }

  // Showing.

  /** Bring a frame to the canvas as soon as its pictures are there. */
  #show(index, again = index !== this.frame) {
    const waiting = this.film.prepare(index);
    this.wanted = index;
    if (!waiting && again) this.#paint(index);
    for (let ahead = 1; ahead < 9; ahead++) this.film.prepare(index + ahead);
    this.#tell();
    return waiting?.then(() => this.wanted === index && this.#paint(index));
  }

  #paint(index) {
    this.frame = index;
    this.painter.frame(this.context, index, this.colours);
    this.dispatchEvent(new Event("timeupdate"));
  }

  /** Paint again what is shown; before the film has begun that is its poster. */
  #again() {
    const { about, frames } = this.film;
    const poster = Math.min(Math.round((about.poster ?? 0) * about.fps), frames.length - 1);
    this.#show(this.is("begun") ? this.#index() : poster, true);
  }

  /** Bring all else to what is shown and on; what is the same is not touched, so that it is not read out again. */
  #tell() {
    if (!this.film) return;
    const { ui, seconds, film } = this;
    const time = this.#time;
    const [start, , name] = begun(film.about.chapters, time);
    const [, stop, caption] = begun(film.about.captions, time);
    const set = (part, key, value) => part[key] !== value && (part[key] = value);
    const waits = this.is("presenter") && !this.playing;
    ui.scrub.style.setProperty("--at", seconds ? time / seconds : 0);
    set(ui.scrub, "ariaValueMax", `${seconds}`);
    set(ui.scrub, "ariaValueNow", time.toFixed(1));
    set(ui.scrub, "ariaValueText", `${Math.floor(time)} of ${Math.ceil(seconds)} seconds${name && `, ${name}`}`);
    set(ui.time, "textContent", `${clock(time)} / ${clock(seconds)}`);
    set(ui.caption, "textContent", time <= stop + 0.01 ? caption : "");
    set(ui.state, "textContent", this.said || (waits ? "Presenter · Space goes on" : ""));
    set(ui.play, "ariaLabel", (ui.play.title = this.playing ? "Pause" : "Play"));
    ["captions", "loop", "presenter", "still"].forEach((on, at) => set(ui.menu.children[at], "ariaPressed", `${this.is(on)}`));
    if (ui.chapter.textContent === name) return;
    ui.chapter.textContent = name;
    this.dispatchEvent(new CustomEvent("momentchange", { detail: { time: start, name } }));
  }

  /** Say something for a moment. */
  #say(words) {
    this.ui.state.textContent = this.said = words;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => ((this.said = ""), this.#tell()), 3000);
  }

  #dress() {
    if (!this.film) return;
    const { palette } = this.film;
    const wanted = [this.getAttribute("theme"), dark.matches ? "dark" : "light", ...Object.keys(palette)];
    const theme = wanted.find((name) => palette[name]);
    this.colours = new Colours(palette[theme], theme);
    this.style.colorScheme = theme;
    for (const role of ["ground", "panel", "ink", "muted", "faint", "accent"]) this.style.setProperty(`--${role}`, this.colours.css(role));
    this.#again();
  }

  #size() {
    const { canvas } = this;
    const ratio = Math.min(devicePixelRatio, 3);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * ratio));
    if (!width || (canvas.width === width && canvas.height === height)) return;
    Object.assign(canvas, { width, height });
    if (this.film) this.#again();
  }

  // Listening.

  /** Do what a key does; one that leads on goes on where a presenter is waited for. @param {string} key */
  press(key) {
    if (this.is("presenter") && !this.playing && /^( |PageDown|ArrowRight)$/.test(key)) this.play();
    else KEYS[key](this);
  }

  #key(event) {
    const { key } = event;
    const at = event.composedPath()[0];
    if (!this.film || event.ctrlKey || event.metaKey || event.altKey) return;
    if (at.matches?.("input,textarea,select,[contenteditable]") || (at.matches?.("button,a,summary") && /^( |Enter)$/.test(key))) return;
    if (/^\d$/.test(key)) this.seek((this.seconds * key) / 10);
    else if (KEYS[key]) this.press(key);
    else return;
    event.preventDefault();
  }

  #listen(root) {
    const { ui, canvas } = this;
    const { scrub, tip } = ui;
    const listen = (part, types, heard) => types.split(" ").forEach((type) => part.addEventListener(type, (event) => this.film && heard(event)));
    listen(root, "click", ({ target }) => {
      const key = target.closest("[data-key]")?.dataset.key ?? (target === canvas && tip.hidden && " ");
      if (key) this.press(key);
    });
    let resume = null; // whether to play on after a drag; null when there is none
    listen(scrub, "pointerdown pointermove", (event) => {
      const { left, top, width } = scrub.getBoundingClientRect();
      const time = this.seconds * Math.min(1, Math.max(0, (event.clientX - left) / width));
      if (event.type === "pointerdown") {
        scrub.setPointerCapture(event.pointerId);
        resume = this.playing;
        this.pause();
      }
      if (resume !== null) this.seek(time);
      const [, , name] = begun(this.film.about.chapters, time);
      this.#hint(clock(time) + (name && ` · ${name}`), event.clientX, top + 24);
    });
    listen(scrub, "pointerup pointercancel", () => {
      if (resume) this.play();
      resume = null;
    });
    listen(canvas, "pointerdown pointermove", ({ offsetX, offsetY, clientX, clientY }) => {
      const ratio = canvas.width / canvas.clientWidth;
      this.#hint(this.painter.tip(this.frame, offsetX * ratio, offsetY * ratio), clientX, clientY);
    });
    for (const part of [scrub, canvas]) listen(part, "pointerleave", () => (tip.hidden = true));
  }

  /** Show words above a point of the window; hide them when there are none. */
  #hint(words, x, y) {
    const { tip } = this.ui;
    const { left, top, width } = this.getBoundingClientRect();
    tip.textContent = words;
    tip.hidden = !words;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(width - half, x - left))}px`;
    tip.style.top = `${y - top - 12}px`;
  }
}

customElements.define("mla-player", MlaPlayer);
