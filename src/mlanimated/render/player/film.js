// film.js: a film's data. It reads the messages of render/pack.py and has any frame at hand.

const FORMAT = 1;
const MOST_PIXELS = 2 ** 25; // decoded pictures beyond that are dropped, oldest first

/** A command: a tag, then the fields of draw/commands.py; or [track, version] for a node. @typedef {any[]} Command */

export class Film {
  /** Nodes by track and version, as JSON until they are used. @type {Map<number, string | Command>[]} */
  tracks = [];
  /** The version of track 0 that each frame is. @type {number[]} */
  frames = [];
  pictures = new Map();
  decoded = new Map();
  encoded = false; // whether there are pictures that take time to decode
  fonts = {};
  about = { fps: 1, seconds: 0 };

  /** Read a message, after those before. @param {ArrayBuffer | Uint8Array} data compressed or not */
  async open(data) {
    let bytes = new Uint8Array(data);
    if (bytes[0] === 0x1f) {
      const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      bytes = new Uint8Array(await new Response(plain).arrayBuffer());
    }
    let at = bytes.indexOf(10) + 1;
    const text = (from, to) => new TextDecoder().decode(bytes.subarray(from, to));
    const take = (length) => bytes.subarray(at, (at += length));
    const head = JSON.parse(text(0, at));
    if (head.format !== FORMAT) throw new Error(`Its format is ${head.format}, this player's ${FORMAT}.`);
    const lines = text(at, (at += head.text)).split("\n").values();
    for (const [track, first, count] of head.tracks) {
      const nodes = (this.tracks[track] ??= new Map());
      for (let version = first; version < first + count; version++) nodes.set(version, lines.next().value);
    }
    for (const [number, columns, rows, map, form, length] of head.pictures ?? []) {
      this.pictures.set(number, { columns, rows, map, form, bytes: take(length) });
      this.encoded ||= form !== "raw";
    }
    for (const [face, length] of head.fonts ?? []) this.fonts[face] = take(length);
    const { width, height, palette = this.palette, about = this.about } = head;
    Object.assign(this, { width, height, palette, about });
    this.frames = head.forget ? head.frames : [...this.frames, ...head.frames];
    if (head.forget) this.#forget();
    return this;
  }

  /** @returns {Command} */
  node(track, version) {
    let node = this.tracks[track].get(version);
    if (typeof node === "string") this.tracks[track].set(version, (node = JSON.parse(node)));
    return node;
  }

  /** The tree of a frame. @param {number} index */
  root(index) {
    return this.node(0, this.frames[index]);
  }

  /** Call something with each command of a tree, and with the place of those that are nodes. */
  visit(command, seen, place) {
    seen(command, place);
    for (const child of { g: command[1], k: command[5] }[command[0]] ?? []) {
      if (typeof child[0] === "number") this.visit(this.node(...child), seen, child);
      else this.visit(child, seen);
    }
  }

  /** Decode the pictures of a frame; a promise if that takes time. @param {number} index */
  prepare(index) {
    if (!this.encoded || index >= this.frames.length) return null;
    const waiting = [];
    this.visit(this.root(index), ([tag, , , , , number]) => {
      const picture = tag === "i" && this.pictures.get(number);
      if (!picture || picture.form === "raw" || this.decoded.get(number)?.width) return;
      if (!this.decoded.has(number)) {
        const image = createImageBitmap(new Blob([picture.bytes])).then((image) => this.#keep(number, image));
        this.decoded.set(number, image);
      }
      waiting.push(this.decoded.get(number));
    });
    return waiting.length ? Promise.all(waiting) : null;
  }

  /** What a canvas draws for a picture; null while it is being decoded. @param {import("./paint.js").Colours} colours */
  picture(number, colours) {
    const picture = this.pictures.get(number);
    const name = picture.map ? number + colours.theme : number;
    if (picture.form === "raw" && !this.decoded.has(name)) this.#keep(name, canvas(picture, colours.table(picture.map)));
    const image = this.decoded.get(name);
    return image?.width ? image : null;
  }

  #keep(name, image) {
    this.decoded.set(name, image);
    let pixels = 0;
    for (const [older, { width = 0, height = 0 }] of [...this.decoded].reverse()) {
      pixels += width * height;
      if (pixels > MOST_PIXELS) this.decoded.delete(older);
    }
  }

  /** Keep what the only frame needs. */
  #forget() {
    const [tracks, pictures] = [[], new Map()];
    const see = (command, place) => {
      if (place) (tracks[place[0]] ??= new Map()).set(place[1], command);
      if (command[0] === "i") pictures.set(command[5], this.pictures.get(command[5]));
    };
    this.visit(this.root(0), see, [0, this.frames[0]]);
    Object.assign(this, { tracks, pictures });
    for (const name of this.decoded.keys()) if (!pictures.has(parseInt(name))) this.decoded.delete(name);
  }
}

/** A canvas with a raw picture: red, green and blue, or a scalar that a table gives a colour. */
function canvas({ columns, rows, map, bytes }, table) {
  const made = new OffscreenCanvas(columns, rows);
  const pixels = new Uint32Array(columns * rows);
  const rgb = (at) => (255 << 24) | (bytes[at + 2] << 16) | (bytes[at + 1] << 8) | bytes[at];
  for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = map ? table[bytes[pixel]] : rgb(3 * pixel);
  made.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows), 0, 0);
  return made;
}
