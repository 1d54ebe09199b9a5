/**
 * What does the person at the terminal see? One line per step, calm and aligned; what takes longer than a moment shows that
 * it lives. Colours and redrawn lines on a terminal only (styleText honours NO_COLOR); elsewhere each line is written
 * once, and a step that takes longer than two seconds says so. The layout is core/lines.ts.
 */
import { styleText } from "node:util";
import type { Clock } from "#kit/time.ts";
import { linkLines, liveLine, secondsText, stepLine, stepLines, wrapped } from "./core/lines.ts";

export type Step = {
  /** What it is busy with now. */
  note(text: string): void;
  done(text?: string): void;
  /** Ends the step; it works, but wants a look. */
  warn(text?: string): void;
  /** Ends the step without success; the reason is told by `sentence` or a warning. */
  fail(text?: string): void;
  /** Ends the step without a word: nobody waits for it any more. */
  drop(): void;
};

export type Terminal = {
  title(text: string): void;
  step(name: string, note?: string): Step;
  /** A sentence, broken at spaces. */
  say(text: string): void;
  /** Something that wants attention, behind the time of day. */
  warn(text: string): void;
  links(links: readonly { name: string; url: string }[]): void;
  /** The reason why it does not go on. */
  sentence(text: string): void;
};

type Output = { write(text: string): unknown; isTTY?: boolean; columns?: number };
type Running = { name: string; note: string; since: number; told: boolean };
type Style = Parameters<typeof styleText>[0];

const FRAME_MS = 100;
const SLOW_MS = 2_000;
const REMIND_MS = 15_000;
const WARNINGS = { limit: 12, withinMs: 30_000 };
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

export function createTerminal(out: Output & NodeJS.WritableStream, clock: Clock): Terminal {
  const live = out.isTTY === true;
  const running = new Set<Running>();
  let drawn = 0;
  let frame = 0;
  let cancelFrame = () => {};
  let warnings = { from: -Infinity, count: 0 };

  const columns = () => (live ? Math.max(20, out.columns ?? 80) : 100);
  const paint = (style: Style, text: string) => (live ? styleText(style, text, { stream: out }) : text);
  const secondsOf = ({ since }: Running) => (clock.monotonic() - since) / 1_000;

  /** Writes whole lines above the steps that are still running. */
  function print(lines: readonly string[]): void {
    const above = lines.map((line) => `${line}\n`).join("");
    const below = live
      ? [...running].map((step) =>
          liveLine({ mark: FRAMES[frame] ?? "·", name: step.name, text: step.note, seconds: secondsOf(step) }, columns()),
        )
      : [];
    const back = drawn > 0 ? `\r\u001b[${drawn}A\u001b[J` : "";
    drawn = below.length;
    out.write(back + above + below.map((line) => `${paint("dim", line)}\n`).join(""));
  }

  function tick(): void {
    cancelFrame();
    if (running.size === 0) return;
    cancelFrame = clock.after(live ? FRAME_MS : SLOW_MS, () => {
      frame = (frame + 1) % FRAMES.length;
      print(live ? [] : overdue());
      tick();
    });
  }

  /** Without a terminal to draw on: what has been running for a while and was not told yet. */
  function overdue(): string[] {
    return [...running].flatMap((step) => {
      const seconds = secondsOf(step);
      if (seconds * 1_000 < (step.told ? REMIND_MS : SLOW_MS) || step.note === "") return [];
      if (step.told && Math.floor((seconds * 1_000) / REMIND_MS) === Math.floor((seconds * 1_000 - SLOW_MS) / REMIND_MS)) return [];
      step.told = true;
      return [stepLine({ mark: "·", name: step.name, text: `${step.note} …`, seconds })];
    });
  }

  return {
    title: (text) => print(["", paint("bold", `  ${text}`), ""]),
    step(name, note = "") {
      const step: Running = { name, note, since: clock.monotonic(), told: false };
      running.add(step);
      if (live) print([]);
      tick();
      const end = (mark: string, style: Style, text: string) => {
        if (!running.delete(step)) return;
        const [line = "", ...rest] = stepLines({ mark, name, text, seconds: secondsOf(step) }, live ? columns() : Infinity);
        print([line.replace(mark, paint(style, mark)), ...rest]);
        tick();
      };
      return {
        note(text) {
          if (text !== step.note) step.told = false;
          step.note = text;
        },
        done: (text = "") => end("✓", "green", text),
        warn: (text = "") => end("!", "yellow", text),
        fail: (text = "") => end("✗", "red", text),
        drop() {
          running.delete(step);
          print([]);
        },
      };
    },
    say: (text) => print(wrapped(text, columns(), "  ")),
    warn(text) {
      if (clock.monotonic() - warnings.from > WARNINGS.withinMs) warnings = { from: clock.monotonic(), count: 0 };
      warnings.count += 1;
      if (warnings.count > WARNINGS.limit) return;
      const last =
        warnings.count === WARNINGS.limit ? ` (more of these are in the log only, for ${secondsText(WARNINGS.withinMs / 1_000)})` : "";
      const time = new Date(clock.now()).toTimeString().slice(0, 8);
      const [first = "", ...rest] = wrapped(`${time}  ${text}${last}`, columns(), "    ");
      print([first.replace("    ", `  ${paint("yellow", "!")} `), ...rest]);
    },
    links: (links) =>
      print(linkLines(links, live ? columns() : Infinity).map((line) => line.replace(/https?:\/\/\S+/, (url) => paint("cyan", url)))),
    sentence: (text) => print(["", ...wrapped(text, columns(), "  "), ""]),
  };
}
