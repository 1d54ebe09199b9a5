/** How much of the machine did others use meanwhile? All that was busy, less what our own processes used, look by look. */
import { busyMs, descendantsOf, usageOf } from "../door/machine.ts";
import { rounded } from "../door/numbers.ts";

const LOOK_MS = 500;

/** Cores, on average. What a process used since the last look before its end counts as others'. */
export function watchOthers(): { stop(): number } {
  const startedAt = performance.now();
  const busyBefore = busyMs();
  let before = own();
  let ownMs = 0;
  const look = () => {
    const now = own();
    for (const [pid, cpuMs] of now) ownMs += Math.max(0, cpuMs - (before.get(pid) ?? 0));
    before = now;
  };
  // an interrupted run leaves it behind, and is not held up by it
  const timer = setInterval(look, LOOK_MS).unref();
  return {
    stop() {
      clearInterval(timer);
      look();
      return rounded(Math.max(0, busyMs() - busyBefore - ownMs) / (performance.now() - startedAt));
    },
  };
}

function own(): Map<number, number> {
  return new Map([process.pid, ...descendantsOf(process.pid)].map((pid) => [pid, usageOf([pid]).cpuMs]));
}
