// controls.js: what surrounds the picture, and what keys do.

import STYLE from "./player.css";

export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** What keys do, and so do buttons, which press them. @type {Record<string, (player: import("./player.js").MlaPlayer) => void>} */
export const KEYS = {
  " ": (player) => (player.playing ? player.pause() : player.play()),
  ",": (player) => player.step(-1),
  ".": (player) => player.step(1),
  ArrowLeft: (player) => player.seek(player.time - 1),
  ArrowRight: (player) => player.seek(player.time + 1),
  PageUp: (player) => player.jump(-1),
  PageDown: (player) => player.jump(1),
  Home: (player) => player.seek(0),
  End: (player) => player.seek(player.seconds),
  "<": (player) => player.faster(-1),
  ">": (player) => player.faster(1),
  "?": (player) => player.ui.menu.togglePopover(),
  c: (player) => player.toggleAttribute("captions"),
  d: (player) => player.setAttribute("theme", player.colours.theme === "dark" ? "light" : "dark"),
  f: (player) => (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen()),
  l: (player) => player.toggleAttribute("loop"),
  m: (player) => player.toggleAttribute("still"),
  p: (player) => player.toggleAttribute("presenter"),
  y: (player) => player.link(),
};
const MENU = "c Captions|l Loop|p Presenter: pause at each event|m Key moments only|d Light or dark|y Copy link to this moment";
const HELP = "Play, pause|Space|One second|← →|One frame|, .|Event|PgUp PgDn|Start, end|Home End|Tenths|0–9|Speed|< >|Full screen|f";

const button = (key, label, inside, kind = "") =>
  `<button data-key="${key}" class="${kind}" aria-label="${label}" title="${label}">${inside}</button>`;
const icon = (...paths) => `<svg viewBox="0 0 24 24">${paths.map((d) => `<path d="${d}"/>`).join("")}</svg>`;
const choice = (item) => button(item[0], item.slice(2), `<span>${item.slice(2)}</span><kbd>${item[0]}</kbd>`);
const PLAY = "M8 5.5v13l10.5-6.5z";
export const PAGE = `<style>${STYLE}</style>
<div class="stage"><slot></slot><canvas role="img"></canvas>${button(" ", "Play", icon(PLAY), "start")}
  <div class="state" role="status"></div></div>
<p class="caption" aria-live="polite"></p>
<div class="bar">
  <div class="scrub" role="slider" tabindex="0" aria-label="Time" aria-valuemin="0">
    <div class="rail"><div class="done"></div><div class="marks"></div></div><div class="knob"></div></div>
  ${button(" ", "Play", icon(PLAY, "M8.5 6v12M15.5 6v12"), "play")}
  ${button(",", "Previous frame", icon("M14 7l-5 5 5 5"))}${button(".", "Next frame", icon("M10 7l5 5-5 5"))}
  <span class="time"></span><span class="chapter"></span>
  <select class="speed" aria-label="Speed">${SPEEDS.map((speed) => `<option value="${speed}">${speed}×</option>`)}</select>
  ${button("?", "More", icon("M6 12h.01M12 12h.01M18 12h.01"), "more")}
  ${button("f", "Full screen", icon("M9 5H5v4M15 5h4v4M9 19H5v-4M15 19h4v-4"))}
</div>
<div class="menu" popover>${MENU.split("|").map(choice).join("")}
  <div class="help">${HELP.split("|").map((words) => `<span>${words}</span>`).join("")}</div></div>
<div class="tip" role="tooltip" hidden></div>`;
