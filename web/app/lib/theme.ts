/** Light, dark, or as the system has it? Said on the root element, where contract/tokens.css looks for it. */
import { readRemembered, remember, useRemembered } from "./remembered.ts";

export type Theme = "system" | "light" | "dark";
const KEY = "holdfast.theme";

export function useTheme(): Theme {
  return themeOf(useRemembered(KEY));
}

export function setTheme(theme: Theme): void {
  remember(KEY, theme === "system" ? null : theme);
  applyTheme();
}

/** Also shows what another tab chose. */
export function applyTheme(): void {
  const theme = themeOf(readRemembered(KEY));
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

function themeOf(stored: string | null): Theme {
  return stored === "light" || stored === "dark" ? stored : "system";
}
