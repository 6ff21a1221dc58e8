// common.js: what all pages share: the theme, words for a moment, requests, and the socket that comes back by itself.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark". */
export const theme = () => root.dataset.theme ?? (dark.matches ? "dark" : "light");

/** Take the other theme. */
export function otherTheme() {
  root.dataset.theme = theme() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("mla-theme", root.dataset.theme);
  } catch {
    // it holds for this page
  }
  dispatchEvent(new Event("themechange"));
}
dark.addEventListener("change", () => dispatchEvent(new Event("themechange")));
document.getElementById("theme").addEventListener("click", otherTheme);

/** An element. @param {string} tag @param {Record<string, any>} given properties, `data-` and `aria-` attributes; then its children */
export function make(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.includes("-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

const toast = document.getElementById("toast");
let hiding;
/** Say something for some seconds, with a button if there is something to do about it. */
export function say(words, label, act) {
  toast.replaceChildren(words);
  if (label) {
    const button = make("button", { type: "button", textContent: label });
    button.addEventListener("click", () => ((toast.hidden = true), act()));
    toast.append(button);
  }
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => (toast.hidden = true), label ? 12000 : 5000);
}

/** Ask the studio. Says what was wrong and returns null when it refuses. */
export async function ask(method, path, body) {
  try {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) return said;
    say(said.error ?? `${answer.status} ${answer.statusText}`);
  } catch {
    say("The studio does not answer.");
  }
  return null;
}

/** The socket: it comes back by itself and says again what it looks at. */
export class Link extends EventTarget {
  #wait = 250;
  #queue = [];
  constructor(hello, path = "/live") {
    super();
    Object.assign(this, { hello, path });
    this.sign = document.getElementById("link");
    this.#open();
    addEventListener("online", () => this.#again(0));
    addEventListener("pageshow", (event) => event.persisted && this.#again(0));
    addEventListener("pagehide", () => this.open && this.socket.close()); // one that is being opened, the browser drops by itself
  }
  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }
  #open() {
    const socket = (this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}`));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#wait = 250;
      this.sign.textContent = "";
      this.sign.classList.remove("lost");
      this.dispatchEvent(new Event("open"));
      this.say(this.hello());
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return this.dispatchEvent(new MessageEvent("frame", { data }));
      for (const [name, detail] of Object.entries(JSON.parse(data))) this.dispatchEvent(new CustomEvent(name, { detail }));
    });
    socket.addEventListener("close", () => {
      if (socket !== this.socket) return;
      this.sign.textContent = "Reconnecting …";
      this.sign.classList.add("lost");
      this.#again(this.#wait);
      this.#wait = Math.min(5000, this.#wait * 1.6);
    });
  }
  #again(wait) {
    clearTimeout(this.trying);
    this.trying = setTimeout(() => this.socket.readyState > WebSocket.OPEN && this.#open(), wait);
  }
  say(words) {
    if (this.open) this.socket.send(JSON.stringify(words));
  }
}

/** Open and close menus by their buttons. */
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-open]");
  if (button) document.getElementById(button.dataset.open).togglePopover();
});

/** Times as "3 min ago", kept true. */
export function ago(moment) {
  const seconds = Math.max(0, Date.now() / 1000 - moment);
  const [, unit, word] = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"], [Infinity, 86400, "d"]].find(([limit]) => seconds < limit);
  return `${Math.floor(seconds / unit)} ${word} ago`;
}
