/**
 * What does a screen reader hear while an answer is written? Whole sentences in order, code only as "code, 12 lines",
 * and how it ended. What is on the page itself is not a live region, or every word would be read twice.
 */
import { useEffect, useRef, useState } from "react";
import type { Message } from "#contract/wire.ts";
import { narrate, narrateEnd, NARRATION_START, type Narration as NarrationState, type Said } from "../../lib/narrator.ts";
import { useProblemWords, useWords, type Say } from "../../lib/say.ts";
import type { webEn } from "#contract/words/en/web.ts";

const LINES_KEPT = 8;
const FIRST_WORDS_CHARS = 200;
type Heard = { id: string; chars: number; state: NarrationState };

export function Narration({ message }: { message: Message | undefined }) {
  const say = useWords();
  const problemWords = useProblemWords();
  const heard = useRef<Heard | null>(null);
  const [lines, setLines] = useState<readonly { key: number; text: string }[]>([]);
  const lastKey = useRef(0);

  useEffect(() => {
    if (message === undefined || message.role !== "assistant") return;
    const speak = (texts: string[]) => {
      if (texts.length === 0) return;
      const fresh = texts.map((text) => ({ key: ++lastKey.current, text }));
      setLines((before) => [...before, ...fresh].slice(-LINES_KEPT));
    };
    const running = message.state === "running";
    if (heard.current?.id !== message.id) {
      if (!running) return;
      // somebody who comes in the middle hears what follows from here; the first words may have come with the answer itself
      const chars = message.text.length <= FIRST_WORDS_CHARS ? 0 : message.text.length;
      heard.current = { id: message.id, chars, state: NARRATION_START };
      speak([say("chat.heard-start", { model: message.modelName ?? say("chat.assistant") })]);
      return;
    }
    const { chars, state } = heard.current;
    const step = narrate(state, message.text.slice(chars));
    heard.current = { id: message.id, chars: message.text.length, state: step.state };
    speak(step.said.map((said) => spoken(say, said)));
    if (running) return;
    speak([...narrateEnd(step.state).map((said) => spoken(say, said)), ending(say, message, problemWords)]);
    heard.current = null;
  }, [message, say, problemWords]);

  return (
    <div role="log" aria-live="polite" aria-label={say("chat.log")} className="sr-only">
      {lines.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}

function spoken(say: Say<typeof webEn>, said: Said): string {
  if (said.kind === "words") return said.text;
  const count = said.lines;
  return said.language === "" ? say("chat.code", { count }) : say("chat.code-in", { count, language: said.language });
}

function ending(say: Say<typeof webEn>, message: Message, problemWords: ReturnType<typeof useProblemWords>): string {
  if (message.state === "stopped") return say("chat.heard-stopped");
  if (message.state === "interrupted") return say("chat.heard-interrupted");
  if (message.state === "failed") return Object.values(problemWords(message.problemCode)).join(". ");
  return say(message.cutShort ? "answer.cut-short" : "chat.heard-end");
}
