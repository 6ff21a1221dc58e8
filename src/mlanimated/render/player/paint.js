// paint.js: the display list of draw/commands.py on a canvas, as render/raster.py paints it with Skia.

/** @typedef {import("./film.js").Command} Command */
/** @typedef {import("./film.js").Film} Film */

/** A theme's colours as CSS. A colour is a role, "#rrggbb[aa]", ["map", name, at] or ["on", colour] (draw/palette.py). */
export class Colours {
  /** @param {{roles: Record<string, string>, maps: Record<string, string>, inks: string[]}} palette */
  constructor(palette, theme) {
    this.theme = theme;
    this.roles = palette.roles;
    this.inks = palette.inks;
    this.known = new Map();
    /** Each map as [red, green, blue] for 0..255. @type {Record<string, number[][]>} */
    this.maps = {};
    for (const [name, table] of Object.entries(palette.maps)) this.maps[name] = table.match(/.{6}/g).map(channels);
  }

  /** @returns {string} */
  css(colour) {
    if (typeof colour === "string") return this.roles[colour] ?? colour;
    const name = colour.join();
    if (!this.known.has(name)) this.known.set(name, colour[0] === "map" ? this.mapped(colour) : this.ink(colour[1]));
    return this.known.get(name);
  }

  mapped([, map, at]) {
    if (at === null) return this.roles.faint; // not a number
    const table = this.maps[map][Math.floor(Math.min(1, Math.max(0, at)) * 255 + 0.5)];
    return "#" + table.map((value) => value.toString(16).padStart(2, "0")).join("");
  }

  /** Black or white, whichever stands out more (WCAG 2.2). */
  ink(colour) {
    const under = luminance(this.css(colour));
    const [black, white] = this.inks.map((ink) => contrast(luminance(ink), under));
    return this.inks[black >= white ? 0 : 1];
  }
}

const channels = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

function luminance(hex) {
  const [red, green, blue] = channels(hex.slice(1)).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Paints frames of one film on a canvas, and finds what lies at a point. */
export class Painter {
  /** @param {Film} film @param {string} family the film's fonts, less "-regular", "-bold" and "-fallback" */
  constructor(film, family) {
    this.film = film;
    this.family = family;
    this.paths = new WeakMap();
  }

  /** Paint a frame over the whole canvas. @param {CanvasRenderingContext2D} canvas @param {Colours} colours */
  frame(canvas, index, colours) {
    this.canvas = canvas;
    this.colours = colours;
    this.probe = null;
    this.begin(index, () => {
      canvas.fillStyle = colours.css("ground");
      canvas.fillRect(0, 0, this.film.width, this.film.height);
    });
  }

  /** The tip of the topmost command that has one at a point of the frame, in pixels of the canvas; "" for none. */
  tip(index, x, y) {
    this.probe = [x, y];
    this.found = "";
    this.begin(index);
    return this.found;
  }

  begin(index, before) {
    const { canvas, film } = this;
    canvas.setTransform(canvas.canvas.width / film.width, 0, 0, canvas.canvas.height / film.height, 0, 0);
    canvas.globalAlpha = this.alpha = 1; // the opacities of the groups around, multiplied
    canvas.fontKerning = "none";
    canvas.textRendering = "geometricPrecision";
    canvas.imageSmoothingQuality = "low";
    this.around = ""; // the tip of the group around
    before?.();
    this.paint(film.root(index));
  }

  /** Paint a command, or the node that a reference means. @param {Command} command */
  paint(command) {
    if (typeof command[0] === "number") command = this.film.node(...command);
    painters[command[0]](this, command);
  }

  /** Fill, then outline, the path begun on the canvas, or another; or see whether it has the point that is looked for. */
  shape(fill, stroke, strokeWidth, opacity, tip, path) {
    const { canvas, probe } = this;
    const way = path ? [path] : [];
    canvas.lineWidth = strokeWidth;
    if (probe) {
      if (!(tip ||= this.around)) return;
      canvas.lineWidth = Math.max(strokeWidth, 2 * NEAR);
      if ((fill && canvas.isPointInPath(...way, ...probe)) || canvas.isPointInStroke(...way, ...probe)) this.found = tip;
      return;
    }
    canvas.globalAlpha = this.alpha * opacity;
    if (fill !== null) {
      canvas.fillStyle = this.colours.css(fill);
      canvas.fill(...way);
    }
    if (stroke !== null && strokeWidth > 0) {
      canvas.strokeStyle = this.colours.css(stroke);
      canvas.stroke(...way);
    }
  }
}

/** How close to a line a pointer must come, in the film's units. */
const NEAR = 5;
const SHARE = { start: 0, middle: 0.5, end: 1 };

/** Paints each kind of command. The names are its fields, in their order: a test holds them and draw/commands.py together. */
export const painters = {
  g(painter, [, children, key, x, y, scale, rotate, opacity, tip]) {
    const { canvas, alpha, around } = painter;
    const moved = x || y || scale !== 1 || rotate;
    if (moved) {
      canvas.save();
      canvas.translate(x, y);
      canvas.rotate((rotate * Math.PI) / 180);
      canvas.scale(scale, scale);
    }
    painter.alpha = alpha * opacity;
    painter.around = tip || around;
    for (const child of children) painter.paint(child);
    painter.alpha = alpha;
    painter.around = around;
    if (moved) canvas.restore();
  },

  k(painter, [, x, y, width, height, children, radius]) {
    const { canvas, probe } = painter;
    canvas.save();
    canvas.beginPath();
    canvas.roundRect(x, y, width, height, radius);
    if (!probe) canvas.clip();
    if (!probe || canvas.isPointInPath(...probe)) for (const child of children) painter.paint(child);
    canvas.restore();
  },

  r(painter, [, x, y, width, height, fill, stroke, strokeWidth, radius, opacity, tip]) {
    painter.canvas.beginPath();
    painter.canvas.roundRect(x, y, width, height, radius);
    painter.shape(fill, stroke, strokeWidth, opacity, tip);
  },

  c(painter, [, x, y, radius, fill, stroke, strokeWidth, opacity, tip]) {
    painter.canvas.beginPath();
    painter.canvas.arc(x, y, radius, 0, 2 * Math.PI);
    painter.canvas.closePath();
    painter.shape(fill, stroke, strokeWidth, opacity, tip);
  },

  l(painter, [, points, stroke, strokeWidth, fill, closed, dash, opacity, tip]) {
    const { canvas } = painter;
    if (points.length < 4 || points.includes(null)) return; // null is not a number
    canvas.beginPath();
    // A canvas leaves out a line without length, Skia paints its round cap.
    for (let at = 0; at < points.length; at += 2) canvas.lineTo(points[at] + (at === 2 ? 1e-4 : 0), points[at + 1]);
    if (closed) canvas.closePath();
    canvas.lineJoin = canvas.lineCap = "round";
    canvas.setLineDash(dash);
    painter.shape(fill, stroke, strokeWidth, opacity, tip);
    canvas.setLineDash([]);
    canvas.lineJoin = "miter";
    canvas.lineCap = "butt";
  },

  p(painter, command) {
    const [, d, fill, stroke, strokeWidth, opacity, tip] = command;
    const { paths } = painter;
    if (!paths.has(command)) paths.set(command, new Path2D(d));
    painter.shape(fill, stroke, strokeWidth, opacity, tip, paths.get(command));
  },

  t(painter, [, x, y, text, size, width, fill, anchor, bold, opacity]) {
    const { canvas, family } = painter;
    const left = x - SHARE[anchor] * width;
    if (painter.probe) {
      canvas.beginPath();
      canvas.rect(left, y - size, width, 1.25 * size);
      return painter.shape(fill, null, 0, opacity, "");
    }
    canvas.globalAlpha = painter.alpha * opacity;
    canvas.fillStyle = painter.colours.css(fill);
    canvas.font = `${size}px ${family}-${bold ? "bold" : "regular"},${family}-fallback`;
    canvas.fillText(text, left, y);
  },

  i(painter, [, x, y, width, height, pixels, smooth, opacity, tip]) {
    const { canvas, colours, film } = painter;
    if (painter.probe) {
      canvas.beginPath();
      canvas.rect(x, y, width, height);
      return painter.shape(true, null, 0, opacity, tip);
    }
    const picture = film.picture(pixels, colours);
    if (!picture) return;
    canvas.globalAlpha = painter.alpha * opacity;
    canvas.imageSmoothingEnabled = smooth;
    canvas.drawImage(picture, x, y, width, height);
  },
};
