/** How does the bench start a relay? A process with a journal in a file, which outlives it however it ends. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startAsked } from "../door/processes.ts";
import type { Blow } from "./fault.ts";
import type { RelayTask, SinkReport } from "./relay-process.ts";
import type { Mark } from "./tally.ts";

export type Relay = {
  pid: number;
  /** For SMTP_URL. */
  url: string;
  port: number;
  suffer(blow: Blow | null): Promise<void>;
  count(): Promise<number>;
  report(): Promise<SinkReport>;
  forget(): Promise<void>;
  marks(): Mark[];
  stop(): Promise<void>;
};

const PROCESS = fileURLToPath(new URL("./relay-process.ts", import.meta.url));

export async function startRelay(task: RelayTask): Promise<Relay> {
  const started = startAsked("any", `relay ${task.relay}`, PROCESS);
  const port = await started.ask<number>("open", task);
  return {
    pid: started.pid,
    // its certificate is nobody's business here: what breaks is the handshake
    url: `smtp://127.0.0.1:${port}${task.startTls ? "?starttls=required&certificate=unchecked" : ""}`,
    port,
    async suffer(blow) {
      if (blow?.kind === "killed") {
        kill(started.pid);
        // until it is gone its port still takes connections
        await started.stop();
      } else if (blow?.kind === "stopped") process.kill(started.pid, "SIGSTOP");
      else await started.ask("fault", blow);
    },
    count: () => started.ask("count"),
    report: () => started.ask("report"),
    forget: () => started.ask("forget"),
    marks: () => (task.journal === null ? [] : readMarks(readFileSync(task.journal, "utf8"))),
    async stop() {
      // one that stands still hears nothing else
      kill(started.pid);
      await started.stop();
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it is gone
  }
}

function readMarks(text: string): Mark[] {
  return text
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line) as Mark);
}
