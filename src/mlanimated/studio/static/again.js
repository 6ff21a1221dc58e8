// again.js: what the studio adds to a page of the book: each film's command has a button that trains it again, live.

const told = (words) => Object.assign(document.createElement("p"), { className: "mla-told", textContent: words });

for (const line of document.querySelectorAll(".mla-command[data-recipe]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "mla-again", textContent: "Train it again" });
  const verdict = told("");
  verdict.setAttribute("role", "status");
  line.append(button);
  line.after(verdict);
  button.addEventListener("click", async () => {
    button.disabled = true;
    verdict.textContent = "The training begins …";
    verdict.textContent = await train(line.dataset.recipe, JSON.parse(line.dataset.arguments));
    button.disabled = Boolean(!verdict.textContent);
  });
  // Who comes back from the run finds the page as it was left: nothing is beginning any more.
  addEventListener("pageshow", () => {
    button.disabled = false;
    verdict.textContent = "";
  });
}

/** Begin the training and go where it is seen. Returns what was wrong, else "". */
async function train(recipe, given) {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch("/api/v1/trainings", { method: "POST", headers, body: JSON.stringify({ recipe, arguments: given }) });
    const said = await answer.json();
    if (!answer.ok) return said.error;
    location.assign(said.address);
    return "";
  } catch {
    return "The studio does not answer.";
  }
}

const brand = document.querySelector(".sidebar-brand");
if (brand) brand.after(Object.assign(document.createElement("a"), { className: "mla-studio", href: "/", textContent: "To the studio" }));
