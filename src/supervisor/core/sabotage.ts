/**
 * Shall something that keeps the door open be taken away? Only for the bench, whose bars must then turn red (bench/README.md), and
 * only where a second variable says that this is a test: nobody's Holdfast loses its lanes by a line in the wrong file.
 */
import type { Sabotage } from "#contract/processes.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

const KINDS: readonly Sabotage[] = ["lanes-off", "fcfs", "floors-off"];
const VARIABLE = "HOLDFAST_SABOTAGE";
const PERMISSION = { name: "HOLDFAST_TEST_SABOTAGE", value: "yes" };

export function readSabotage(
  environment: Readonly<Record<string, string | undefined>>,
): Outcome<Sabotage | null, { tag: "settings"; sentence: string }> {
  const given = environment[VARIABLE];
  if (given === undefined || given === "") return succeed(null);
  const kind = KINDS.find((known) => known === given);
  if (kind === undefined)
    return fail({ tag: "settings", sentence: `${VARIABLE} is for the bench alone and takes ${KINDS.join(", ")}. Remove it.` });
  if (environment[PERMISSION.name] !== PERMISSION.value) {
    return fail({
      tag: "settings",
      sentence: `${VARIABLE} takes away what keeps the door open; it is for the bench alone. Remove it (a test sets ${PERMISSION.name} too).`,
    });
  }
  return succeed(kind);
}
