// book.js: films follow the page's light or dark; sliders choose a film; questions stop one; exercises check a number.
// Without it the pages still read: posters, commands, words and answers are all there.

const dark = matchMedia("(prefers-color-scheme: dark)");
const find = (root, what) => root.querySelector(what);
const data = (figure) => JSON.parse(find(figure, "script[type='application/json']").textContent);

// The theme leaves its two side bars without names, and what scrolls out of reach of the keyboard.
for (const [bar, name] of [[".sidebar-drawer", "Chapters"], [".toc-drawer", "On this page"]]) find(document, bar)?.setAttribute("aria-label", name);
function reach() {
  for (const box of document.querySelectorAll("pre, .mla-command code")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
new ResizeObserver(reach).observe(document.body);

/** Give every film the theme that the page shows. */
function dress() {
  const wanted = document.body.dataset.theme;
  const theme = wanted === "dark" || wanted === "light" ? wanted : dark.matches ? "dark" : "light";
  for (const player of document.querySelectorAll("mla-player")) player.setAttribute("theme", theme);
}
new MutationObserver(dress).observe(document.body, { attributeFilter: ["data-theme"] });
dark.addEventListener("change", dress);
dress();

document.addEventListener("click", async ({ target }) => {
  const text = target.dataset?.copy;
  if (!text) return;
  await navigator.clipboard?.writeText(text).catch(() => {});
  target.textContent = "Copied";
  setTimeout(() => (target.textContent = "Copy"), 2000);
});

for (const figure of document.querySelectorAll(".mla-choose")) {
  const runs = data(figure);
  const player = find(figure, "mla-player");
  const slider = find(figure, "input");
  let shown = slider.value;
  slider.addEventListener("input", () => {
    const run = runs[slider.value];
    find(figure, "output").textContent = run.label;
    slider.setAttribute("aria-valuetext", run.label);
    if (slider.value === shown) return;
    shown = slider.value;
    player.toggleAttribute("autoplay", true); // who moves the slider wants to see what it does
    player.setAttribute("src", run.src);
    find(figure, ".mla-command code").textContent = find(figure, "[data-copy]").dataset.copy = run.command;
    find(figure, ".mla-command").dataset.arguments = JSON.stringify(run.arguments); // what the studio's button trains
    find(figure, ".mla-end").textContent = run.end;
    find(figure, ".mla-words").outerHTML = run.words;
  });
}

for (const figure of document.querySelectorAll(".mla-predict")) {
  const { at, until, right, why } = data(figure);
  const player = find(figure, "mla-player");
  const buttons = [...figure.querySelectorAll(".mla-ask button")];
  let stop = Infinity;
  let placed = false;
  player.addEventListener("timeupdate", () => {
    if (!placed) {
      placed = true; // the film has just been read: it stands where the question is asked
      player.seek(at);
    } else if (player.playing && player.time >= stop) {
      player.pause();
      stop = Infinity;
    }
  });
  buttons.forEach((button, place) =>
    button.addEventListener("click", () => {
      for (const each of buttons) each.setAttribute("aria-pressed", each === button);
      find(figure, ".mla-verdict").textContent = `${place === right ? "Yes" : `No: ${buttons[right].textContent.toLowerCase()}`}. ${why}`;
      if (!player.film) return;
      placed = true;
      player.pause();
      player.seek(at);
      stop = until;
      player.play();
    }),
  );
}

for (const figure of document.querySelectorAll(".mla-exercise")) {
  const { answer, within, hint, solution } = data(figure);
  find(figure, "form").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Number(find(figure, "input").value.replace(",", ".").replace("−", "-"));
    const known = find(figure, "input").value.trim() !== "" && Number.isFinite(given);
    const good = known && Math.abs(given - answer) <= within + 1e-9;
    find(figure, ".mla-verdict").textContent = !known ? "Write a number." : good ? `Right. ${solution}` : `Not yet. ${hint}`;
  });
}
