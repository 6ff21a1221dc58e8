// player.js: the element <mla-player>. It plays a film that render/html.py wrote, or frames as they are pushed.
//
// Attributes: src (a film's data), theme ("light", "dark", else the reader's), autoplay, loop, page (keys work everywhere).
// Scripts use load, push, play, pause, seek, step, jump; time, frame, seconds, playing; and the events "timeupdate" and,
// when a chapter begins, "momentchange".

import { Film } from "./film.js";
import { Colours, Painter, painters } from "./paint.js";
import STYLE from "./player.css";

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const HOLD = 3; // seconds for which each key moment is shown when motion is reduced
const BASE = document.currentScript?.src; // the shared fonts lie beside the script
const reduced = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What can be done: its key and how; with a label also in the menu. @type {Record<string, [string, Function, string?]>} */
const ACTIONS = {
  play: [" ", (player) => player.toggle()],
  start: ["k", (player) => player.toggle()],
  back: [",", (player) => player.step(-1)],
  next: [".", (player) => player.step(1)],
  earlier: ["ArrowLeft", (player) => player.seek(player.time - 1)],
  later: ["ArrowRight", (player) => (player.waits ? player.play() : player.seek(player.time + 1))],
  previous: ["PageUp", (player) => player.jump(-1)],
  following: ["PageDown", (player) => (player.waits ? player.play() : player.jump(1))],
  first: ["Home", (player) => player.seek(0)],
  last: ["End", (player) => player.seek(player.seconds)],
  slower: ["<", (player) => player.faster(-1)],
  faster: [">", (player) => player.faster(1)],
  full: ["f", (player) => (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen())],
  more: ["?", ({ ui }) => (ui.more.ariaExpanded = !(ui.menu.hidden = !ui.menu.hidden))],
  captions: ["c", (player) => (player.captions = !player.captions), "Captions"],
  loop: ["l", (player) => (player.loop = !player.loop), "Loop"],
  presenter: ["p", (player) => (player.presenter = !player.presenter), "Presenter: pause at each event"],
  still: ["m", (player) => (player.still = !player.still), "Key moments only"],
  shade: ["d", (player) => player.setAttribute("theme", player.colours.theme === "dark" ? "light" : "dark"), "Light or dark"],
  link: ["y", (player) => player.link(), "Copy link to this moment"],
};
const KEYS = {
  "Play, pause": "Space", "One second": "← →", "One frame": ", .", "Event": "PgUp PgDn",
  "Start, end": "Home End", "Tenths": "0–9", "Speed": "< >", "Full screen": "f",
};

const icon = (d) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${d}"/></svg>`;
const PLAY = icon("M8 5.5v13l10.5-6.5z");
const PAUSE = icon("M8.5 6v12M15.5 6v12");
const button = (name, label, inside) => `<button name="${name}" aria-label="${label}" title="${label}">${inside}</button>`;
const pair = (name, key) => `<span>${name}</span><kbd>${key}</kbd>`;
const choices = Object.entries(ACTIONS).filter(([, action]) => action[2]);
const PAGE = `<style>${STYLE}</style>
<div class="stage"><slot></slot><canvas role="img"></canvas>${button("start", "Play", PLAY)}
  <div class="tip" role="tooltip" hidden></div><div class="state" role="status"></div></div>
<p class="caption" aria-live="polite"></p>
<div class="bar">
  <div class="scrub" role="slider" tabindex="0" aria-label="Time" aria-valuemin="0"><div class="rail"><div class="done"></div>
    <div class="marks"></div></div><div class="knob"></div><div class="tip peek" hidden></div></div>
  ${button("play", "Play", PLAY)}${button("back", "Previous frame", icon("M14 7l-5 5 5 5"))}
  ${button("next", "Next frame", icon("M10 7l5 5-5 5"))}<span class="time"></span><span class="chapter"></span>
  <select name="speed" aria-label="Speed">${SPEEDS.map((speed) => `<option value="${speed}"${speed === 1 ? " selected" : ""}>${speed}×</option>`)}</select>
  ${button("more", "More", icon("M6 12h.01M12 12h.01M18 12h.01"))}
  ${button("full", "Full screen", icon("M9 5H5v4M15 5h4v4M9 19H5v-4M15 19h4v-4"))}
  <div class="menu" hidden>${choices.map(([name, [key, , label]]) => button(name, label, pair(label, key))).join("")}
    <div class="keys">${Object.entries(KEYS).map(([name, key]) => `<div>${pair(name, key)}</div>`).join("")}</div></div>
</div>`;

/** 83.25 as "1:23.2". */
const clock = (time) => `${Math.floor(time / 60)}:${(Math.floor(time * 10 + 0.01) / 10 % 60).toFixed(1).padStart(4, "0")}`;
/** The last of some cues, [start, stop, text], that has begun. */
const begun = (cues, time) => cues.findLast(([start]) => start <= time + 1e-3);

let films = 0;

class MlaPlayer extends HTMLElement {
  static observedAttributes = ["theme", "src"];
  static painters = painters;

  #time = 0;
  #fresh = true; // the poster is shown until something moves it
  #moment = 0; // for how long the key moment has been shown
  #request = 0;
  #before = 0;
  #visible = false;
  #connection = null;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = PAGE;
    /** Parts of the page by class or name. @type {Record<string, any>} */
    this.ui = {};
    for (const part of root.querySelectorAll("[class],[name]")) this.ui[part.name ?? part.className.split(" ").pop()] = part;
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.playing = this.presenter = false;
    this.still = reduced.matches;
    this.frame = -1;
    this.#listen(root);
  }

  connectedCallback() {
    if (!this.hasAttribute("tabindex")) this.tabIndex = 0;
    this.loop = this.hasAttribute("loop");
    this.captions = this.clientWidth < 640; // those in the picture are too small then
    const { signal } = (this.#connection = new AbortController());
    (this.hasAttribute("page") ? document : this).addEventListener("keydown", (event) => this.#key(event), { signal });
    addEventListener("hashchange", () => this.#follow(), { signal });
    dark.addEventListener("change", () => this.#dress(), { signal });
    const seen = new IntersectionObserver(([entry]) => this.#see(entry.isIntersecting));
    const sized = new ResizeObserver(() => this.#size());
    signal.onabort = () => (seen.disconnect(), sized.disconnect());
    seen.observe(this);
    sized.observe(this.canvas);
    const inside = this.querySelector("script[type='application/gzip']");
    if (inside && !this.film) this.load(Uint8Array.from(atob(inside.textContent.trim()), (letter) => letter.charCodeAt(0)));
    this.#state();
  }

  disconnectedCallback() {
    this.pause();
    this.#connection.abort();
  }

  attributeChangedCallback(name) {
    if (name === "theme") this.#dress();
    else if (this.#visible) this.#fetch();
  }

  // For scripts.

  /** Show a film. @param {ArrayBuffer | Uint8Array} data what render/html.py wrote, compressed or not */
  async load(data) {
    try {
      await this.#open(await new Film().open(data));
      this.#follow();
      if (this.hasAttribute("autoplay") && !this.still && this.#fresh) this.play();
    } catch (error) {
      this.#say(`This film cannot be shown. ${error.message}`);
    }
  }

  /** Show the newest frame of what is still being made. @param {ArrayBuffer | Uint8Array} message */
  async push(message) {
    const film = await (this.film ?? new Film()).open(message);
    if (film !== this.film) await this.#open(film);
    this.#show(film.frames.length - 1, true);
  }

  get time() {
    return this.#time;
  }
  get seconds() {
    return this.film?.about.seconds ?? 0;
  }
  /** Whether a presenter must say when to go on. */
  get waits() {
    return this.presenter && !this.playing;
  }

  play() {
    if (!this.film || this.playing) return;
    if (this.#time >= this.seconds) this.#time = 0;
    if (this.still) this.#moment = this.#fresh ? 0 : HOLD;
    this.#fresh = false;
    this.playing = true;
    this.#state();
    this.#show(this.#index());
    this.#run();
  }

  pause() {
    this.playing = false;
    this.#run();
    this.#state();
  }

  toggle() {
    this.playing ? this.pause() : this.play();
  }

  /** @param {number} time seconds of film */
  seek(time) {
    this.#fresh = false;
    this.#time = Math.min(this.seconds, Math.max(0, time));
    this.#moment = 0;
    this.#state();
    this.#show(this.#index());
  }

  /** Pause, and go some frames on. @param {number} frames */
  step(frames) {
    this.pause();
    this.seek((this.#index() + frames) / this.film.about.fps);
  }

  /** Go to the next event (1) or the one before (-1). */
  jump(way) {
    const late = this.#time - (this.playing ? 0.5 : 0.01);
    const stop = way > 0 ? this.#stops.find((start) => start > this.#time + 0.01) : this.#stops.findLast((start) => start < late);
    this.seek(stop ?? (way > 0 ? this.seconds : 0));
  }

  /** Take the next speed, up (1) or down (-1). */
  faster(way) {
    const { speed } = this.ui;
    speed.selectedIndex = Math.min(SPEEDS.length - 1, Math.max(0, speed.selectedIndex + way));
    this.#say(`${speed.value}×`);
  }

  /** Put the moment into the address, and the address on the clipboard. */
  async link() {
    const film = this.id && `&film=${this.id}`;
    history.replaceState(null, "", `#t=${this.#time.toFixed(1)}${film}`);
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    this.#say("Link copied");
  }

  // Opening.

  async #fetch() {
    const src = this.getAttribute("src");
    if (!src || src === this.source) return;
    this.source = src;
    const answer = await fetch(src).catch((error) => ({ statusText: error.message }));
    if (answer.ok) await this.load(await answer.arrayBuffer());
    else this.#say(`This film cannot be read: ${answer.statusText}`);
  }

  async #open(film) {
    this.pause();
    const family = `mla-${++films}`;
    const shared = BASE ? ["regular", "bold", "fallback"].map((face) => [face, `url("${new URL(face + ".woff2", BASE)}")`]) : [];
    const fonts = Object.entries({ ...Object.fromEntries(shared), ...film.fonts }).map(([face, source]) => new FontFace(`${family}-${face}`, source));
    for (const font of this.fonts ?? []) document.fonts.delete(font);
    for (const font of (this.fonts = fonts)) document.fonts.add(font);
    await Promise.allSettled(fonts.map((font) => font.load()));
    const { about, width, height } = (this.film = film);
    const { ui } = this;
    this.painter = new Painter(film, family);
    this.style.setProperty("--shape", width / height);
    this.role = "group";
    this.ariaLabel = about.title || "Film";
    this.canvas.ariaLabel = about.alt || this.ariaLabel;
    ui.scrub.ariaValueMax = this.seconds;
    ui.bar.hidden = film.frames.length < 2;
    ui.marks.innerHTML = this.#stops.map((start) => `<i style="left:${(100 * start) / this.seconds}%"></i>`).join("");
    this.#time = 0;
    this.#fresh = true;
    this.toggleAttribute("ready", true);
    this.#dress();
    this.#state();
  }

  get #stops() {
    return (this.film.about.chapters ?? []).map(([start]) => start);
  }

  /** Go to the moment that the address names: #t=12.3, and with several films on a page #t=12.3&film=id. */
  #follow() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (!this.film || !wanted.has("t") || (wanted.get("film") ?? this.id) !== this.id) return;
    this.pause();
    this.seek(Number(wanted.get("t")) || 0);
  }

  // Time.

  #index() {
    const last = this.film.frames.length - 1;
    return this.#time >= this.seconds ? last : Math.min(last, Math.floor(this.#time * this.film.about.fps + 1e-3));
  }

  #run() {
    cancelAnimationFrame(this.#request);
    this.#before = 0;
    if (this.playing && this.#visible) this.#request = requestAnimationFrame((now) => this.#advance(now));
  }

  #advance(now) {
    const passed = (Math.min(100, now - (this.#before || now)) / 1000) * this.ui.speed.value;
    this.#before = now;
    this.#request = requestAnimationFrame((later) => this.#advance(later));
    const from = this.#time;
    if (this.loop && from >= this.seconds) this.#time = 0;
    else if (!this.still) this.#time = Math.min(this.seconds, from + passed);
    else if ((this.#moment += passed) >= HOLD) {
      this.#moment = 0;
      this.#time = this.#stops.find((start) => start > from + 0.01) ?? this.seconds;
    }
    const stop = this.presenter && this.#stops.find((start) => start > from + 0.01 && start <= this.#time);
    if (stop) this.#time = stop;
    if (stop || (this.#time >= this.seconds && !this.loop)) this.pause();
    this.#show(this.#index());
  }

  #see(visible) {
    this.#visible = visible;
    if (visible) this.#fetch();
    this.#run();
  }

  // Showing.

  /** Bring a frame to the canvas as soon as its pictures are there, and all else to its time. */
  #show(index, again = false) {
    this.wanted = index;
    const waiting = this.film.prepare(index);
    if (waiting) waiting.then(() => this.wanted === index && this.#paint(index));
    else if (again || index !== this.frame) this.#paint(index);
    for (let ahead = 1; ahead < 9; ahead++) this.film.prepare(index + ahead);
  }

  #paint(index) {
    this.frame = index;
    this.painter.frame(this.context, index, this.colours);
    this.#tell();
    this.dispatchEvent(new Event("timeupdate"));
  }

  /** Paint again what is shown: after a change of theme or size. */
  #again() {
    const { poster = 0, fps = 1 } = this.film?.about ?? {};
    if (this.film) this.#show(this.#fresh ? Math.min(Math.round(poster * fps), this.film.frames.length - 1) : this.#index(), true);
  }

  #tell() {
    const { ui, seconds } = this;
    const time = this.#time;
    const { chapters = [], captions = [] } = this.film.about;
    const chapter = begun(chapters, time);
    const name = chapter?.[2] ?? "";
    ui.scrub.style.setProperty("--at", seconds ? time / seconds : 0);
    ui.scrub.ariaValueNow = time.toFixed(1);
    ui.scrub.ariaValueText = `${Math.floor(time)} of ${Math.ceil(seconds)} seconds${name && `, ${name}`}`;
    ui.time.textContent = `${clock(time)} / ${clock(seconds)}`;
    const caption = begun(captions, time);
    const words = caption?.[1] >= time - 0.01 ? caption[2] : "";
    if (ui.caption.textContent !== words) ui.caption.textContent = words;
    if (this.chapter === chapter) return;
    this.chapter = chapter;
    ui.chapter.textContent = name;
    if (chapter) this.dispatchEvent(new CustomEvent("momentchange", { detail: { time: chapter[0], name } }));
  }

  /** Bring the controls to what is on. */
  #state() {
    const { ui } = this;
    const label = this.playing ? "Pause" : "Play";
    if (ui.play.ariaLabel !== label || !ui.play.innerHTML) ui.play.innerHTML = this.playing ? PAUSE : PLAY;
    ui.play.ariaLabel = ui.play.title = label;
    ui.start.hidden = !this.film || this.playing || !this.#fresh || ui.bar.hidden;
    for (const name of ["captions", "loop", "presenter", "still"]) ui[name].ariaPressed = this[name];
    for (const name of ["playing", "captions"]) this.toggleAttribute(name, this[name]);
    ui.state.textContent = this.waits ? "Presenter · Space goes on" : "";
  }

  /** Say something for a moment. */
  #say(words) {
    this.ui.state.textContent = words;
    clearTimeout(this.said);
    this.said = setTimeout(() => this.#state(), 4000);
  }

  #dress() {
    if (!this.film) return;
    const { palette } = this.film;
    const wanted = palette[this.getAttribute("theme")] ? this.getAttribute("theme") : dark.matches ? "dark" : "light";
    const theme = palette[wanted] ? wanted : Object.keys(palette)[0];
    this.colours = new Colours(palette[theme], theme);
    this.style.colorScheme = theme;
    for (const role of ["ground", "panel", "ink", "muted", "faint", "accent"]) this.style.setProperty(`--${role}`, palette[theme].roles[role]);
    this.#again();
  }

  #size() {
    const { canvas } = this;
    const width = Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 3));
    const height = Math.round(canvas.clientHeight * Math.min(devicePixelRatio, 3));
    if (!width || (canvas.width === width && canvas.height === height)) return;
    Object.assign(canvas, { width, height });
    this.#again();
  }

  // Listening.

  #act(name) {
    ACTIONS[name][1](this);
    this.#state();
    if (!["more", "captions", "loop", "presenter", "still"].includes(name)) this.ui.menu.hidden = true;
  }

  #key(event) {
    const { key, target } = event;
    if (!this.film || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const within = event.composedPath()[0];
    if (within.matches?.("input,textarea,select,[contenteditable]") || (within.matches?.("button,a,summary") && /^( |Enter)$/.test(key))) return;
    const found = Object.keys(ACTIONS).find((name) => ACTIONS[name][0] === (key.length > 1 ? key : key.toLowerCase()));
    if (key === "Escape") this.ui.menu.hidden = true;
    else if (/^\d$/.test(key)) this.seek((this.seconds * key) / 10);
    else if (found) this.#act(found);
    else return;
    event.preventDefault();
  }

  #listen(root) {
    const { ui, canvas } = this;
    const { scrub, peek, tip } = ui;
    root.addEventListener("click", ({ target }) => {
      const name = target.closest("button")?.name;
      if (name) this.#act(name);
      else if (!target.closest(".menu")) ui.menu.hidden = true;
      if (target === canvas && !tip.textContent) this.toggle();
    });
    const share = ({ clientX }) => {
      const { left, width } = scrub.getBoundingClientRect();
      return Math.min(1, Math.max(0, (clientX - left) / width));
    };
    let resume = null;
    scrub.addEventListener("pointerdown", (event) => {
      scrub.setPointerCapture(event.pointerId);
      resume = this.playing;
      this.pause();
      this.seek(share(event) * this.seconds);
    });
    scrub.addEventListener("pointermove", (event) => {
      const time = share(event) * this.seconds;
      if (resume !== null) this.seek(time);
      const name = begun(this.film.about.chapters ?? [], time)?.[2];
      this.#float(peek, scrub, event, clock(time) + (name ? ` · ${name}` : ""));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      scrub.addEventListener(end, () => {
        if (resume) this.play();
        resume = null;
      });
    }
    scrub.addEventListener("pointerleave", () => (peek.hidden = true));
    for (const move of ["pointermove", "pointerdown"]) {
      canvas.addEventListener(move, (event) => {
        if (!this.film) return;
        const ratio = canvas.width / canvas.clientWidth;
        this.#float(tip, canvas, event, this.painter.tip(this.frame, event.offsetX * ratio, event.offsetY * ratio));
      });
    }
    canvas.addEventListener("pointerleave", () => (tip.hidden = true));
    let idle = 0;
    this.addEventListener("pointermove", () => {
      clearTimeout(idle);
      this.toggleAttribute("idle", false);
      idle = setTimeout(() => this.toggleAttribute("idle", true), 2500);
    });
  }

  /** Show words beside the pointer, inside a part of the page; hide them when there are none. */
  #float(box, inside, event, words) {
    box.textContent = words;
    box.hidden = !words;
    const { left, top, width } = inside.getBoundingClientRect();
    const half = box.offsetWidth / 2;
    box.style.left = `${Math.max(half, Math.min(width - half, event.clientX - left))}px`;
    if (box === this.ui.tip) box.style.top = `${event.clientY - top}px`;
  }
}

customElements.define("mla-player", MlaPlayer);
