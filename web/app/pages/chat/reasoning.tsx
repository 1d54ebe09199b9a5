/** How did the model think before it answered? Folded away, with how long it took when that was seen from here. */
import type { Message } from "#contract/wire.ts";
import { useWords } from "../../lib/say.ts";
import { useThinkingSeconds } from "../../lib/thinking-time.ts";
import { Icon } from "../../ui/icon.tsx";
import { Spinner } from "../../ui/spinner.tsx";

export function Reasoning({ message }: { message: Message }) {
  const say = useWords();
  const thinking = message.state === "running" && message.text === "";
  const seconds = useThinkingSeconds(message.id, thinking);
  const words = thinking
    ? say("reasoning.running")
    : seconds === null
      ? say("reasoning.plain")
      : seconds < 90
        ? say("reasoning.done", { count: Math.max(1, Math.round(seconds)) })
        : say("reasoning.minutes", { count: Math.round(seconds / 60) });
  return (
    <details className="group/thought mb-3 rounded-m border border-line bg-ground text-s">
      <summary className="flex min-h-10 list-none items-center gap-2 rounded-m px-3 text-soft select-none hover:text-ink pointer-coarse:min-h-target [&::-webkit-details-marker]:hidden">
        <Icon name="right" className="size-4 transition-transform group-open/thought:rotate-90" />
        <span>{words}</span>
        {thinking && <Spinner className="scale-75" />}
      </summary>
      <div
        tabIndex={0}
        role="group"
        aria-label={say("reasoning.plain")}
        className="max-h-96 overflow-y-auto border-t border-line px-4 py-3 break-words whitespace-pre-wrap text-soft"
      >
        {message.reasoning.trim()}
      </div>
    </details>
  );
}
