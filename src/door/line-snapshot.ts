/**
 * How does the line outlive a door that dies? A snapshot beside the door's socket, written each second in which something
 * changed. It goes with the run folder: after a restart of the whole, everybody is given a new place by their old one.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import * as lines from "#line/line.ts";

export type KeptLine = { line: lines.Line; stop(): void };

const EVERY_MS = SECOND_MS;

export function keepLine({ file, clock, dice, log }: { file: string; clock: Clock; dice: Dice; log: Logger }): KeptLine {
  const line = readLine(file, clock) ?? lines.newLine(dice.fraction(), clock.monotonic());
  let written = line.revision;
  let cancel = clock.after(EVERY_MS, write);

  function write(): void {
    if (line.revision !== written) {
      try {
        writeFileSync(`${file}.new`, lines.toBytes(line), { mode: 0o600 });
        renameSync(`${file}.new`, file);
        written = line.revision;
      } catch (error) {
        log.warn({ err: error }, "the line's snapshot could not be written; it is tried again in a second");
      }
    }
    cancel = clock.after(EVERY_MS, write);
  }

  return {
    line,
    stop() {
      cancel();
      write();
      cancel();
    },
  };
}

function readLine(file: string, clock: Clock): lines.Line | undefined {
  try {
    return lines.fromBytes(readFileSync(file), clock.monotonic());
  } catch {
    return undefined;
  }
}
