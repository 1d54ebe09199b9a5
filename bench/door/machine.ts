/** What did a process use, and on what machine was it measured? Read from /proc: Linux only, like the pinning. */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";

const CLOCK_TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;
const MB = 1024 * 1024;

export type Usage = { cpuMs: number; rssMb: number };

/** Of all of them together; who is gone counts as nothing. */
export function usageOf(pids: readonly number[]): Usage {
  const all = pids.map(usage);
  return { cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0), rssMb: all.reduce((sum, { rssMb }) => sum + rssMb, 0) };
}

function usage(pid: number): Usage {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // the name in brackets may hold blanks
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return { cpuMs: (ticks * 1_000) / CLOCK_TICKS_PER_SECOND, rssMb: (pages * PAGE_BYTES) / MB };
  } catch {
    return { cpuMs: 0, rssMb: 0 };
  }
}

/** What all cores worked since the machine started, whoever it was for. */
export function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Children, and theirs. */
export function descendantsOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    const pids = children === "" ? [] : children.split(" ").map(Number);
    return pids.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

export function describeMachine(): string {
  const [first] = cpus();
  return `${cpus().length} cores (${first?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / MB / 1024)} GB, Linux ${release()}, Node ${process.versions.node}`;
}
