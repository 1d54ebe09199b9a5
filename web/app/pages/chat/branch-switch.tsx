/** Which version of this message is looked at, and how does a person get to the others? */
import type { Step } from "../../lib/branch.ts";
import { useWords } from "../../lib/say.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";

export function BranchSwitch({ step, of, onTurn }: { step: Step; of: "question" | "answer"; onTurn: (messageId: string) => void }) {
  const say = useWords();
  const count = step.siblings.length;
  if (count < 2) return null;
  const go = (by: number) => {
    const next = step.siblings[step.place + by];
    if (next !== undefined) onTurn(next);
  };
  const place = step.place + 1;
  return (
    <span role="group" aria-label={say(`${of}.version`, { place, count })} className="inline-flex items-center text-s text-soft">
      <Button
        tone="quiet"
        size="small"
        className="px-1.5 pointer-coarse:min-w-target"
        aria-label={say(`${of}.earlier`)}
        aria-disabled={place === 1}
        onClick={() => go(-1)}
      >
        <Icon name="left" className="size-4" />
      </Button>
      <span aria-hidden="true" className="tabular-nums">
        {place} / {count}
      </span>
      <Button
        tone="quiet"
        size="small"
        className="px-1.5 pointer-coarse:min-w-target"
        aria-label={say(`${of}.later`)}
        aria-disabled={place === count}
        onClick={() => go(1)}
      >
        <Icon name="right" className="size-4" />
      </Button>
    </span>
  );
}
