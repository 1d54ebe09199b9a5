/** Where does it go what the parts say? Every line into the log; warnings and errors, and what the supervisor has to say, to the terminal too. */
import type { Clock } from "#kit/time.ts";
import { readLogLine, WARNING } from "./core/log-line.ts";
import type { LogFolder } from "./log-folder.ts";
import type { Terminal } from "./terminal.ts";

export type Reports = {
  /** Takes the lines of a part. */
  linesOf(part: string): (text: string) => void;
  /** Something that the person at the terminal should know. */
  trouble(sentence: string): void;
  note(sentence: string): void;
};

const NOTE = 30;

export function createReports(log: LogFolder, terminal: Terminal, clock: Clock): Reports {
  const write = (level: number, msg: string) => log.write(JSON.stringify({ level, time: clock.now(), part: "supervisor", msg }));
  return {
    linesOf: (part) => (text) => {
      const line = readLogLine(part, text, clock.now());
      if (line === undefined) return;
      log.write(line.json);
      if (line.level >= WARNING) terminal.warn(`${line.part}: ${line.text}`);
    },
    trouble(sentence) {
      write(WARNING, sentence);
      terminal.warn(sentence);
    },
    note: (sentence) => write(NOTE, sentence),
  };
}
