/**
 * When does a process give back memory that it no longer needs? V8 collects when something is allocated, so what a start or a
 * rush left stays for as long as nobody comes. Whoever was quiet for a while and holds much more than after the last time
 * collects once, which takes less than a tenth of a second; whoever is busy never does.
 */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SECOND_MS, type Clock } from "./time.ts";

const LOOK_MS = 5 * SECOND_MS;
const MS_US = 1_000;
/** Share of one core. */
const QUIET_BELOW = 0.03;
const WORTH_FROM = 1.5;

/** Looks every few seconds from now on. */
export function giveMemoryBack(clock: Clock): void {
  let heldBytes = 0;
  let [spent, since] = [process.cpuUsage(), clock.monotonic()];
  function look(): void {
    const { user, system } = process.cpuUsage(spent);
    const quiet = (user + system) / MS_US < QUIET_BELOW * (clock.monotonic() - since);
    if (quiet && getHeapStatistics().total_heap_size > WORTH_FROM * heldBytes) {
      collect();
      heldBytes = getHeapStatistics().total_heap_size;
    }
    [spent, since] = [process.cpuUsage(), clock.monotonic()];
    clock.after(LOOK_MS, look);
  }
  clock.after(LOOK_MS, look);
}

/**
 * The only kind of collection that makes the young heap small again too. V8 shows the function to contexts that are made while the
 * flag is set; afterwards it is as it was, because code in the compile cache belongs to the flags it was compiled with.
 */
function collect(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;
  setFlagsFromString("--no-expose-gc");
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
}
