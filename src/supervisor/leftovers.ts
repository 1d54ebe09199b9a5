/**
 * What did a supervisor leave that did not end in order? Its children end by themselves when it is gone; one that hangs
 * would hold a socket or the port, so it is ended here. A number alone proves nothing: after a restart of the machine another
 * Holdfast may have it, so its mark has to be the same too. PostgreSQL's remains are cleared by its own launcher.
 */
import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { removeLeftRunFolder } from "./run-folder.ts";
import { markOf, type Running } from "./running-file.ts";

const GRACE_MS = 3 * SECOND_MS;

/** Ends what is left of `left`. Returns the names of the parts that had to be ended. */
export async function clearLeftovers(left: Running, clock: Clock): Promise<string[]> {
  const deadline = clock.monotonic() + GRACE_MS;
  const isOurs = (name: string, pid: number) => {
    const mark = markOf(pid);
    return mark !== "gone" && mark === left.marks?.[name] && /-process\.(ts|js)\b/.test(commandOf(pid));
  };
  const ours = () => Object.entries(left.children).filter(([name, pid]) => isOurs(name, pid));
  while (ours().length > 0 && clock.monotonic() < deadline) await clock.sleep(50);
  const hanging = ours();
  for (const [, pid] of hanging) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended in between
    }
  }
  removeLeftRunFolder(left.runDir);
  return hanging.map(([name]) => name);
}

function commandOf(pid: number): string {
  if (process.platform !== "linux") return spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" }).stdout ?? "";
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
