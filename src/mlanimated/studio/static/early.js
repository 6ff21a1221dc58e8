// early.js: the theme that was chosen, before anything is painted.
try {
  const theme = localStorage.getItem("mla-theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // no storage, as in a private window: the system's theme it is
}
