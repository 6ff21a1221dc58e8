// list.js: the list of runs: it stays true while runs come, change and go.

import { Link, ago, ask, otherTheme, say } from "./common.js";

const form = document.getElementById("filter");
const list = document.getElementById("runs");
const none = document.getElementById("none");
const chosen = document.getElementById("chosen");
const picked = new Set();

/** Rows that stand here without having been read: the studio sends them when it has. */
const unread = () => [...list.querySelectorAll("[data-unread]")].map((row) => row.dataset.run);
// The page says which list it shows; where runs have come or gone since, or the socket was lost, the studio says that it is old.
let seen = Number(list.dataset.seen);
const link = new Link(() => {
  const hello = { list: true, seen, rows: unread() };
  seen = null;
  return hello;
});
link.addEventListener("old", () => show());

// Rows come as HTML from the studio. Where the list is narrowed or sorted, the studio is asked what fits now.
link.addEventListener("runs", ({ detail }) => {
  const plain = !new FormData(form).get("search") && !new URLSearchParams(location.search).size;
  const news = Object.keys(detail).some((run) => !document.getElementById(`run-${run}`)?.hasAttribute("data-unread"));
  if (showing) return (again = true); // not at once: who is told more often than he is answered would never see an answer
  if (!plain && news) return show();
  for (const [run, html] of Object.entries(detail)) {
    const before = document.getElementById(`run-${run}`);
    if (!html) before?.remove();
    else if (before) replace(before, html);
    else list.insertAdjacentHTML("afterbegin", html);
  }
  const rows = [...list.children];
  const sorted = [...rows].sort((one, other) => other.dataset.changed - one.dataset.changed);
  if (sorted.some((row, index) => row !== rows[index]) && !list.contains(document.activeElement)) list.append(...sorted);
  count(list.children.length);
});

function replace(before, html) {
  const focus = before.contains(document.activeElement);
  if (focus) return; // never under somebody's hands
  before.insertAdjacentHTML("afterend", html);
  before.nextElementSibling.querySelector("input").checked = picked.has(before.dataset.run);
  before.remove();
}

let asking = 0;
let showing = false;
let again = false;
async function show() {
  again = false;
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && !(name === "sort" && value === "changed")));
  const address = query.size ? `/?${query}` : "/";
  history.replaceState(null, "", address);
  const number = ++asking;
  showing = true;
  const text = await fetch(address, { headers: { accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : null))
    .catch(() => null);
  if (number !== asking) return;
  showing = false;
  if (text === null) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  list.replaceChildren(...page.getElementById("runs").children);
  none.replaceChildren(...page.getElementById("none").children);
  for (const box of list.querySelectorAll("input")) box.checked = picked.has(box.closest(".run").dataset.run);
  count(Number(page.getElementById("total").textContent));
  if (unread().length) link.say({ rows: unread() });
  if (again) show();
}

function count(total) {
  document.getElementById("total").textContent = total;
  none.hidden = list.children.length > 0;
}

let typing;
form.addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(show, target.type === "search" ? 150 : 0);
});
form.addEventListener("submit", (event) => (event.preventDefault(), show()));

list.addEventListener("change", ({ target }) => {
  const { run } = target.closest(".run").dataset;
  if (target.checked) picked.add(run);
  else picked.delete(run);
  choose();
});
chosen.querySelector("[data-clear]").addEventListener("click", () => {
  picked.clear();
  for (const box of list.querySelectorAll("input")) box.checked = false;
  choose();
});
function choose() {
  chosen.hidden = !picked.size;
  chosen.firstElementChild.textContent = `${picked.size} chosen`;
  const compare = chosen.querySelector("a");
  compare.textContent = picked.size > 1 ? "Compare" : "Open";
  compare.href = `/watch?${new URLSearchParams([...picked].map((run) => ["run", run]))}`;
}

list.addEventListener("click", async ({ target }) => {
  const row = target.closest(".run");
  const { run } = row?.dataset ?? {};
  if (target.closest("[data-delete]")) {
    const answer = await ask("DELETE", `/api/v1/runs/${encodeURIComponent(run)}`);
    if (!answer) return;
    picked.delete(run);
    choose();
    row.remove();
    count(list.children.length);
    say("Deleted.", "Undo", async () => (await ask("POST", `/api/v1/undo/${answer.undo}`)) && show());
  } else if (target.closest("[data-tag]")) {
    const before = [...row.querySelectorAll(".tag")].map((tag) => tag.textContent.slice(1)).join(", ");
    const words = prompt("Tags, with commas between them", before);
    if (words === null) return;
    await ask("PUT", `/api/v1/runs/${encodeURIComponent(run)}/tags`, { tags: words.split(",").map((tag) => tag.trim()).filter(Boolean) });
    show();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input[type=search],select,textarea")) return;
  if (event.key === "/") (event.preventDefault(), form.elements.search.focus());
  else if (event.key === "d") otherTheme();
});

setInterval(() => {
  for (const time of list.querySelectorAll("time")) time.textContent = ago(Number(time.dataset.at));
}, 10000);
