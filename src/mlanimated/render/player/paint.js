// paint.js: the display list of draw/commands.py on a canvas, as render/raster.py paints it with Skia.

/** @typedef {import("./film.js").Command} Command */
/** @typedef {import("./film.js").Film} Film */

/** A theme's colours. A colour is a role, "#rrggbb[aa]", ["map", name, at] or ["on", colour]: draw/palette.py has the rules. */
export class Colours {
  /** @param {{roles: Record<string, string>, maps: Record<string, string>, inks: string[]}} palette */
  constructor(palette, theme) {
    Object.assign(this, palette, { theme, known: new Map() });
  }

  /** @returns {string} for CSS */
  css(colour) {
    if (typeof colour === "string") return this.roles[colour] ?? colour;
    return this.#once(colour.join(), () => (colour[0] === "map" ? this.mapped(colour) : this.ink(colour[1])));
  }

  mapped([, map, at]) {
    if (at === null) return this.roles.faint; // not a number
    const index = Math.floor(Math.min(1, Math.max(0, at)) * 255 + 0.5);
    return "#" + this.maps[map].slice(6 * index, 6 * index + 6);
  }

  /** Black or white, whichever stands out more. */
  ink(colour) {
    const under = luminance(this.css(colour));
    const [black, white] = this.inks.map((ink) => contrast(luminance(ink), under));
    return this.inks[black >= white ? 0 : 1];
  }

  /** A map as the 256 pixels of its colours. @returns {Uint32Array} */
  table(map) {
    const pixel = ([red, green, blue]) => (255 << 24) | (blue << 16) | (green << 8) | red;
    return map && this.#once(`table ${map}`, () => Uint32Array.from(this.maps[map].match(/.{6}/g), (hex) => pixel(channels(hex))));
  }

  #once(name, make) {
    if (!this.known.has(name)) this.known.set(name, make());
    return this.known.get(name);
  }
}

const channels = (hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

/** Relative luminance (WCAG 2.2). */
function luminance(hex) {
  const [red, green, blue] = channels(hex.slice(1)).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Paints frames of a film on a canvas, and finds what lies at a point. */
export class Painter {
  /** @param {Film} film @param {string} family the film's fonts, less "-regular", "-bold", "-fallback" */
  constructor(film, family) {
    Object.assign(this, { film, family, paths: new WeakMap() });
  }

  /** Paint a frame over the whole canvas. @param {CanvasRenderingContext2D} canvas @param {Colours} colours */
  frame(canvas, index, colours) {
    Object.assign(this, { canvas, colours, probe: null });
    Object.assign(canvas, { globalAlpha: 1, fontKerning: "none", textRendering: "geometricPrecision", imageSmoothingQuality: "low" });
    canvas.resetTransform();
    canvas.fillStyle = colours.css("ground");
    canvas.fillRect(0, 0, canvas.canvas.width, canvas.canvas.height);
    this.begin(index);
  }

  /** The tip at a point of the frame, in pixels of the canvas: of the topmost command there, else of one near; or "". */
  tip(index, x, y) {
    Object.assign(this, { probe: [x, y], found: "", exact: false });
    this.begin(index);
    return this.found;
  }

  begin(index) {
    const { canvas, film } = this;
    canvas.setTransform(canvas.canvas.width / film.width, 0, 0, canvas.canvas.height / film.height, 0, 0);
    this.alpha = 1; // the opacities of the groups around, multiplied
    this.around = ""; // and the tip of the innermost that has one
    this.paint(film.root(index));
  }

  /** Paint a command, or the node that a reference means. @param {Command} command */
  paint(command) {
    if (typeof command[0] === "number") command = this.film.node(...command);
    painters[command[0]](this, command);
  }

  /** Begin a path with a rectangle. */
  rect(x, y, width, height, radius = 0) {
    this.canvas.beginPath();
    this.canvas.roundRect(x, y, width, height, radius);
  }

  /** Fill, then outline, the path begun or another; or see whether the point that is looked for lies on it. */
  shape(fill, stroke, strokeWidth, opacity, tip, ...path) {
    const { canvas, probe, colours } = this;
    canvas.lineWidth = strokeWidth;
    if (probe) {
      if (!(tip ||= this.around)) return;
      const exact = (fill && canvas.isPointInPath(...path, ...probe)) || (stroke && canvas.isPointInStroke(...path, ...probe));
      canvas.lineWidth = Math.max(strokeWidth, 2 * NEAR);
      if (exact || (!this.exact && canvas.isPointInStroke(...path, ...probe))) this.found = tip;
      this.exact ||= exact;
      return;
    }
    canvas.globalAlpha = this.alpha * opacity;
    if (fill !== null) {
      canvas.fillStyle = colours.css(fill);
      canvas.fill(...path);
    }
    if (stroke !== null && strokeWidth > 0) {
      canvas.strokeStyle = colours.css(stroke);
      canvas.stroke(...path);
    }
  }
}

const NEAR = 5; // how close to a line a pointer must come, in the film's units
const SHARE = { start: 0, middle: 0.5, end: 1 };

/** The painter of each kind of command. It names the fields in their order: a test holds it to draw/commands.py. */
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
    painter.rect(x, y, width, height, radius);
    if (!probe) canvas.clip();
    if (!probe || canvas.isPointInPath(...probe)) for (const child of children) painter.paint(child);
    canvas.restore();
  },

  r(painter, [, x, y, width, height, fill, stroke, strokeWidth, radius, opacity, tip]) {
    painter.rect(x, y, width, height, radius);
    painter.shape(fill, stroke, strokeWidth, opacity, tip);
  },

  c(painter, [, x, y, radius, fill, stroke, strokeWidth, opacity, tip]) {
    const { canvas } = painter;
    canvas.beginPath();
    canvas.arc(x, y, radius, 0, 2 * Math.PI);
    canvas.closePath();
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
    const { canvas, family, probe } = painter;
    const left = x - SHARE[anchor] * width;
    if (probe) {
      painter.rect(left, y - size, width, 1.25 * size);
      return painter.shape(fill, null, 0, opacity, "");
    }
    canvas.globalAlpha = painter.alpha * opacity;
    canvas.fillStyle = painter.colours.css(fill);
    canvas.font = `${size}px ${family}-${bold ? "bold" : "regular"},${family}-fallback`;
    canvas.fillText(text, left, y);
  },

  i(painter, [, x, y, width, height, pixels, smooth, opacity, tip]) {
    const { canvas, colours, probe } = painter;
    if (probe) {
      painter.rect(x, y, width, height);
      return painter.shape("ink", null, 0, opacity, tip);
    }
    const picture = painter.film.picture(pixels, colours);
    canvas.globalAlpha = painter.alpha * opacity;
    canvas.imageSmoothingEnabled = smooth;
    if (picture) canvas.drawImage(picture, x, y, width, height);
  },
};
