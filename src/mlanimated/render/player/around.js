// around.js: whether the notebook around is light or dark. Jupyter, VS Code and Colab each say it in their own way.

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark". @param {Document} page */
export function theme({ body, documentElement: root }) {
  const said = [body.dataset.jpThemeLight, body.dataset.vscodeThemeKind, body.className, root.getAttribute("theme")].join(" ");
  if (/^true|vscode-(light|high-contrast-light)/.test(said)) return "light";
  if (/^false|vscode-(dark|high-contrast)|dark$/.test(said)) return "dark";
  return prefersDark.matches ? "dark" : "light";
}

/** Call something now, and whenever that changes. @param {Document} page @param {() => void} dress @param {AbortSignal} [signal] */
export function dressed(page, dress, signal) {
  const changed = new MutationObserver(dress);
  changed.observe(page.body, { attributes: true, attributeFilter: ["class", "data-jp-theme-light", "data-vscode-theme-kind"] });
  changed.observe(page.documentElement, { attributes: true, attributeFilter: ["theme"] });
  prefersDark.addEventListener("change", dress, { signal });
  signal?.addEventListener("abort", () => changed.disconnect());
  dress();
}
