/** Which keys do something anywhere on the page? Only with Ctrl or ⌘, so that no key for writing is taken away. */
import { useEffect } from "react";

export type Shortcuts = { newChat: () => void; message: () => void; list: () => void; help: () => void };

/** For the list that a person can open; `mod` stands for Ctrl or ⌘. */
export const SHORTCUT_KEYS = {
  newChat: ["mod", "shift", "O"],
  message: ["mod", "shift", "E"],
  list: ["mod", "shift", "S"],
  help: ["mod", "/"],
} as const;

export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
      const run =
        event.shiftKey && event.code === "KeyO"
          ? shortcuts.newChat
          : event.shiftKey && event.code === "KeyE"
            ? shortcuts.message
            : event.shiftKey && event.code === "KeyS"
              ? shortcuts.list
              : event.key === "/"
                ? shortcuts.help
                : undefined;
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [shortcuts]);
}
