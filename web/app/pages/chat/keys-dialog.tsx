/** Which keys are there? */
import { useWords } from "../../lib/say.ts";
import { SHORTCUT_KEYS } from "../../lib/use-shortcuts.ts";
import { Dialog } from "../../ui/dialog.tsx";

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const say = useWords();
  const named = (key: string) => {
    if (key === "mod") return /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : say("keys.ctrl");
    if (key === "shift") return say("keys.shift");
    return key === "enter" ? say("keys.enter") : key;
  };
  const rows: readonly (readonly [words: string, keys: readonly string[]])[] = [
    [say("keys.send"), ["enter"]],
    [say("keys.line"), ["shift", "enter"]],
    [say("keys.new"), SHORTCUT_KEYS.newChat],
    [say("keys.message"), SHORTCUT_KEYS.message],
    [say("keys.list"), SHORTCUT_KEYS.list],
    [say("keys.help"), SHORTCUT_KEYS.help],
  ];
  return (
    <Dialog open={open} onClose={onClose} title={say("account.keys")}>
      <dl className="flex flex-col">
        {rows.map(([words, keys]) => (
          <div key={words} className="flex flex-wrap items-center justify-between gap-2 border-line py-2 not-last:border-b">
            <dt>{words}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="rounded-chip border border-field bg-ground px-2 py-0.5 font-sans text-s">
                  {named(key)}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
