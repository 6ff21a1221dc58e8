// side.js: beside the panels: how the training stands, what may be changed of it, and what happened.

import { ask, make, say } from "./common.js";

export class Side {
  constructor(ui, view, { seek, state, info }) {
    Object.assign(this, { ui, view, seek, state, info });
    const { aside } = ui;
    const button = ui["aside-button"];
    button.addEventListener("click", () => {
      aside.hidden = !aside.hidden;
      button.ariaExpanded = String(!aside.hidden);
    });
    this.laid = "";
  }

  /** Lay out controls and events anew, where they are others. */
  lay() {
    const { view, ui } = this;
    const info = this.info();
    const key = JSON.stringify(view.runs.map((run) => [run, info[run]?.controls, info[run]?.events?.length, info[run]?.checkpoints?.length]));
    if (key === this.laid || ui.aside.contains(document.activeElement)) return;
    this.laid = key;
    this.sliders = [];
    ui.legend.replaceChildren(...view.runs.map((run) => make("span", { className: "state", "data-run": run })));
    ui.controls.replaceChildren(...view.runs.map((run) => this.#run(run, info[run] ?? {})));
    ui.about.replaceChildren(...this.#about());
    const events = info[view.runs[0]]?.events ?? [];
    const list = make("ol", {}, ...events.toReversed().map(([step, name, text]) => this.#event(step, name, text)));
    ui.events.replaceChildren(...(events.length ? [make("h2", { textContent: "What happened" }), list] : []));
    this.show();
  }

  /** Bring states and sliders to what they are now. */
  show() {
    const state = this.state();
    const info = this.info();
    for (const sign of this.ui.legend.children) {
      const { status = "" } = state[sign.dataset.run] ?? {};
      sign.className = `state ${status}`;
      sign.textContent = this.view.runs.length > 1 ? `${info[sign.dataset.run]?.name ?? sign.dataset.run}: ${status}` : status;
    }
    for (const { run, name, slide, number } of this.sliders ?? []) {
      const value = state[run]?.controls?.[name];
      if (value === undefined || [slide, number].includes(document.activeElement)) continue;
      slide.value = slide.share(value);
      number.value = +value.toPrecision(4);
    }
    const held = document.activeElement;
    for (const button of this.ui.controls.querySelectorAll("[data-command]")) {
      const { status } = state[button.dataset.run] ?? {};
      const over = !["running", "paused"].includes(status);
      button.hidden = over; // what cannot be done is not offered
      if (button.dataset.command === "pause") button.hidden ||= status === "paused";
      if (button.dataset.command === "play") button.hidden ||= status !== "paused";
      if (button.dataset.command === "branch") button.hidden = !(info[button.dataset.run]?.checkpoints ?? []).length;
    }
    // who paused by keyboard finds play under the same finger
    if (held?.hidden && held.dataset.command) held.parentElement.querySelector("[data-command]:not([hidden])")?.focus();
    for (const control of this.ui.controls.children) control.hidden = ![...control.querySelectorAll("[data-command]")].some(({ hidden }) => !hidden);
    const running = this.view.runs.some((run) => ["running", "paused"].includes(state[run]?.status));
    this.ui["aside-button"].textContent = running ? "Controls" : "Details";
  }

  /** How the runs were made, beside each other; what they differ in comes first. */
  #about() {
    const runs = this.view.runs.map((run) => this.info()[run] ?? {});
    const rows = runs.map(({ about = [] }) => new Map(about));
    const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
    const differs = (name) => new Set(rows.map((row) => row.get(name))).size > 1;
    const line = (name) => {
      const cells = rows.map((row) => make("td", { textContent: row.get(name) ?? "–" }));
      return make("tr", { className: differs(name) ? "differs" : "" }, make("th", { scope: "row", textContent: name.replaceAll("_", " ") }), ...cells);
    };
    const ordered = [...names.filter(differs), ...names.filter((name) => !differs(name))];
    const head = make("tr", {}, make("td"), ...runs.map(({ name }) => make("th", { scope: "col", textContent: name })));
    const table = make("table", {}, ...(runs.length > 1 ? [make("thead", {}, head)] : []), make("tbody", {}, ...ordered.map(line)));
    const meant = [...new Set(runs.map(({ hypothesis }) => hypothesis).filter(Boolean))].map((textContent) => make("p", { textContent }));
    const around = make("div", { className: "table", tabIndex: 0, role: "region", "aria-label": "How it was made" }, table);
    return names.length ? [make("h2", { textContent: runs.length > 1 ? "How they were made" : "How it was made" }), ...meant, around] : [];
  }

  #run(run, { name, controls = [] }) {
    const command = (word, label, title) => {
      const button = make("button", { type: "button", textContent: label, title, "data-command": word, "data-run": run });
      button.addEventListener("click", () => this.#order(run, word));
      return button;
    };
    const buttons = make(
      "div",
      { className: "commands" },
      command("pause", "Pause", "Wait at the next step"),
      command("play", "Resume", "Go on"),
      command("step", "Step", "One step, then wait"),
      command("slower", "Slower", "Each step takes twice as long"),
      command("faster", "Faster", "Each step takes half as long, down to what the training needs"),
      command("checkpoint", "Keep", "Keep the state of this step, to come back to"),
      command("stop", "Stop", "End the training"),
      command("branch", "Branch", "Go on from where the clock stands, with these values, as a new run"),
    );
    return make("div", { className: "control" }, make("h2", { textContent: name ?? run }), buttons, ...controls.map((each) => this.#slider(run, ...each)));
  }

  /** A slider; where the range begins at 0 its left half is finer, as rates need it. */
  #slider(run, name, low, high) {
    const bend = low === 0 ? 3 : 1;
    const slide = make("input", { type: "range", min: 0, max: 1, step: 0.001, "aria-label": name });
    const number = make("input", { type: "number", min: low, max: high, step: "any", "aria-label": `${name}, from ${low} to ${high}` });
    slide.share = (value) => ((value - low) / (high - low || 1)) ** (1 / bend);
    slide.addEventListener("input", () => (number.value = +(low + (high - low) * slide.value ** bend).toPrecision(3)));
    const set = async () => {
      const { status } = this.state()[run] ?? {};
      if (!["running", "paused"].includes(status)) return; // of a run that is over they are values for a branch
      await this.#send(run, { command: "set", name, value: Number(number.value) });
    };
    slide.addEventListener("change", set);
    number.addEventListener("change", set);
    this.sliders.push({ run, name, slide, number });
    return make("label", { className: "slider" }, make("span", { textContent: name.replaceAll("_", " ") }), slide, number);
  }

  #event(step, name, text) {
    const button = make("button", { type: "button" }, make("b", { textContent: name }), make("span", { textContent: `step ${step}` }));
    button.addEventListener("click", () => this.seek(step));
    return make("li", {}, button, ...(text ? [make("p", { textContent: text })] : []));
  }

  async #order(run, command) {
    if (command !== "branch") return this.#send(run, { command });
    const { view } = this;
    const { checkpoints = [] } = this.info()[run] ?? {};
    const { last, controls = {} } = this.state()[run] ?? {};
    const wanted = view.at ?? last;
    const step = checkpoints.findLast((each) => each <= wanted) ?? checkpoints[0];
    const values = {};
    for (const { run: of, name, number } of this.sliders) {
      if (of === run && number.value !== "" && Number(number.value) !== +(controls[name] ?? NaN).toPrecision(4)) values[name] = Number(number.value);
    }
    const answer = await ask("POST", `/api/v1/runs/${encodeURIComponent(run)}/branch`, { step, values });
    if (answer) location.href = `/watch?${new URLSearchParams([["run", answer.run], ["run", run]])}`;
  }

  async #send(run, body) {
    const answer = await ask("POST", `/api/v1/runs/${encodeURIComponent(run)}/control`, body);
    if (answer && body.command === "checkpoint") say("The state of the next step will be kept.");
  }
}
