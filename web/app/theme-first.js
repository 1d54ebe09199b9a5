/** Light or dark, before anything is painted? As it was chosen in this browser (lib/theme.ts), so that no light page flashes up. */
try {
  const theme = localStorage.getItem("holdfast.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // a browser without storage follows the system
}
