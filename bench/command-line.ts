/** How does a benchmark read what it is told? Words that make no sense, or ask for help, are answered with the help; Ctrl-C ends what it started. */
import { interrupt } from "./door/processes.ts";

/** The plan, or the status to end with when it was told what to type. */
export function planOf<Plan>(read: () => Plan | "help", help: string): { plan: Plan } | { status: number } {
  try {
    const plan = read();
    if (plan !== "help") return { plan };
    console.log(help);
    return { status: 0 };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return { status: 2 };
  }
}

/** Ctrl-C ends what was started, and only that. */
export function endOnInterrupt(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      console.log("interrupted: what was started is being ended");
      interrupt();
    });
  }
}

export function oneOf<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Error(`--${name} is one of ${words.join(", ")}.`);
  return found;
}

/** All of them when nothing was said. */
export function listOf<Word extends string>(name: string, text: string | undefined, words: readonly Word[]): readonly Word[] {
  return text === undefined ? words : text.split(",").map((word) => oneOf(name, word.trim(), words));
}

export function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} is a number above 0.`);
  return value;
}
