// film.js: a film's data. It reads the messages of render/pack.py and gives any frame at once.

const FORMAT = 1;
/** Decoded pictures are dropped, oldest first, beyond this many pixels. */
const MOST_PIXELS = 2 ** 25;

/**
 * A command is an array: a tag, then fields in the order of draw/commands.py. A reference is [track, version].
 * @typedef {Array<any>} Command
 */

export class Film {
  constructor() {
    /** Nodes by track and version: JSON, parsed when first used. @type {Map<number, string | Command>[]} */
    this.tracks = [];
    /** The version of track 0 that each frame is. @type {number[]} */
    this.frames = [];
    /** @type {Map<number, {columns: number, rows: number, map: string, form: string, bytes: Uint8Array}>} */
    this.pictures = new Map();
    this.fonts = {};
    this.width = 1280;
    this.height = 720;
    this.palette = {};
    this.about = {};
    this.decoded = new Map();
    this.pixels = 0;
    this.encoded = false;
  }

  /** Read a message, compressed or not, after those before. @param {ArrayBuffer | Uint8Array} data */
  async open(data) {
    let bytes = new Uint8Array(data);
    if (bytes[0] === 0x1f) {
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    }
    this.read(bytes);
    return this;
  }

  /** @param {Uint8Array} bytes */
  read(bytes) {
    const decoder = new TextDecoder();
    let at = bytes.indexOf(10);
    const head = JSON.parse(decoder.decode(bytes.subarray(0, at++)));
    if (head.format !== FORMAT) throw new Error(`This player reads format ${FORMAT} of films, not ${head.format}.`);
    const take = (length) => bytes.subarray(at, (at += length));
    const lines = decoder.decode(take(head.text)).split("\n");
    let line = 0;
    for (const [track, first, count] of head.tracks) {
      const nodes = (this.tracks[track] ??= new Map());
      for (let version = first; version < first + count; version++) nodes.set(version, lines[line++]);
    }
    for (const [number, columns, rows, map, form, length] of head.pictures ?? []) {
      this.pictures.set(number, { columns, rows, map, form, bytes: take(length) });
      this.encoded ||= form !== "raw";
    }
    for (const [face, length] of head.fonts ?? []) this.fonts[face] = take(length);
    this.width = head.width;
    this.height = head.height;
    this.palette = head.palette ?? this.palette;
    this.about = head.about ?? this.about;
    if (head.forget) this.frames = [];
    this.frames.push(...head.frames);
    if (head.forget) this.#forget();
  }

  /** @returns {Command} */
  node(track, version) {
    const nodes = this.tracks[track];
    let node = nodes.get(version);
    if (typeof node === "string") nodes.set(version, (node = JSON.parse(node)));
    return node;
  }

  /** The tree of a frame. @param {number} index @returns {Command} */
  root(index) {
    return this.node(0, this.frames[index]);
  }

  /** Visit every command below one, nodes with their place. */
  visit(command, seen, place = [0, this.frames.at(-1)]) {
    seen(command, place);
    const inside = command[0] === "g" ? command[1] : command[0] === "k" ? command[5] : [];
    for (const child of inside) {
      if (typeof child[0] === "number") this.visit(this.node(...child), seen, child);
      else this.visit(child, seen, null);
    }
  }

  /** A promise while pictures of a frame are being decoded, else null. @param {number} index */
  prepare(index) {
    if (!this.encoded || index >= this.frames.length) return null;
    const waiting = [];
    this.visit(this.root(index), (command) => {
      if (command[0] !== "i") return;
      const picture = this.pictures.get(command[5]);
      if (picture.form === "raw" || this.decoded.get(command[5])?.image) return;
      const blob = new Blob([picture.bytes], { type: `image/${picture.form}` });
      const entry = this.decoded.get(command[5]) ?? {
        promise: createImageBitmap(blob, { colorSpaceConversion: "none" }).then((image) => {
          entry.image = image;
          this.#keep(picture);
        }),
      };
      this.decoded.set(command[5], entry);
      waiting.push(entry.promise);
    });
    return waiting.length ? Promise.all(waiting) : null;
  }

  /** What a canvas draws for a picture; null while it is being decoded. @param {import("./paint.js").Colours} colours */
  picture(number, colours) {
    const picture = this.pictures.get(number);
    const name = picture.map ? `${number} ${colours.theme}` : number;
    let entry = this.decoded.get(name);
    if (!entry && picture.form === "raw") {
      this.decoded.set(name, (entry = { image: pixels(picture, colours.maps[picture.map]) }));
      this.#keep(picture);
    }
    return entry?.image ?? null;
  }

  #keep({ columns, rows }) {
    this.pixels += columns * rows;
    for (const [name, { image }] of this.decoded) {
      if (this.pixels <= MOST_PIXELS) break;
      if (!image) continue;
      this.pixels -= image.width * image.height;
      this.decoded.delete(name);
    }
  }

  #forget() {
    const nodes = new Set();
    const shown = new Set();
    this.visit(this.root(0), (command, place) => {
      if (place) nodes.add(place.join());
      if (command[0] === "i") shown.add(command[5]);
    });
    this.tracks.forEach((versions, track) => {
      for (const version of versions.keys()) if (!nodes.has(`${track},${version}`)) versions.delete(version);
    });
    for (const number of this.pictures.keys()) if (!shown.has(number)) this.pictures.delete(number);
    for (const name of this.decoded.keys()) if (!shown.has(parseInt(name))) this.decoded.delete(name);
  }
}

/** A canvas with a raw picture: RGB, or scalars through a colour map. */
function pixels({ columns, rows, map, bytes }, table) {
  const canvas = new OffscreenCanvas(columns, rows);
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let from = 0, to = 0; to < image.data.length; to += 4) {
    const [red, green, blue] = map ? table[bytes[from]] : bytes.subarray(from, from + 3);
    image.data[to] = red;
    image.data[to + 1] = green;
    image.data[to + 2] = blue;
    image.data[to + 3] = 255;
    from += map ? 1 : 3;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
