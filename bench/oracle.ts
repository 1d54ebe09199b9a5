/**
 * Can a stranger tell by the clock, or by the answers, whether an address has an account? Interleaved pairs of one that has and one
 * that has none, over HTTP against the real Holdfast: the letter, and the code typed wrongly. Every run shows too that it would
 * have caught a leak of a millisecond.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { endOnInterrupt, numberOf, planOf } from "./command-line.ts";
import { startHoldfast } from "./door/holdfast.ts";
import { describeMachine } from "./door/machine.ts";
import { isInterrupted, pause } from "./door/processes.ts";
import { openSink, type Sink } from "./door/smtp-sink.ts";
import { BAR_MS, differenceAt, seededRandom, verdictOn, withLeak, type Pair } from "./oracle/difference.ts";
import { openVisit, type Timed } from "./oracle/visits.ts";

const HELP = `npm run bench -- oracle [options]

  --pairs N    addresses with an account, and as many without (5000, about ten minutes; at most 6000)
  --quick      400 pairs in a minute: shows that it works, too few for the bars; writes no report
  --help       this

Status 0: the answers are the same, and every interval lies within ${BAR_MS} ms.
`;

const RESULTS = fileURLToPath(new URL("./results/oracle", import.meta.url));
const QUICK_PAIRS = 400;
/** Each pair comes from four networks. */
const MOST_PAIRS = 6_000;
const AT_ONCE = 4;
const CODE_WITHIN_MS = 30_000;
/** So long nobody asks before each request that is timed, so that the courier has sent the letter before. */
const REST_MS = 10;
const LEAK_MS = 1;
const SHARES = [0.5, 0.9] as const;
const MARKS = { same: "ok", differs: "NO", unclear: "??" } as const;

type Addresses = { known: string; unknown: string };
type Measured = { letter: Pair[]; confirm: Pair[]; otherwise: string[] };

process.exitCode = await main(process.argv.slice(2));

async function main(words: string[]): Promise<number> {
  const read = planOf(() => readPlan(words), HELP);
  if ("status" in read) return read.status;
  const { pairs, quick } = read.plan;
  endOnInterrupt();
  const sink = await openSink();
  const holdfast = await startHoldfast({ smtpPort: sink.port, lettersPerSecond: 1_000, sabotage: null });
  try {
    const people = addresses(pairs);
    await prime(holdfast.port, sink, people);
    const { text, isGreen } = report(await measure(holdfast.port, people));
    if (!quick) {
      mkdirSync(RESULTS, { recursive: true });
      writeFileSync(join(RESULTS, "oracle.md"), text);
    }
    console.log(`\n${text}`);
    return isGreen ? 0 : 1;
  } catch (error) {
    if (!isInterrupted()) throw error;
    return 130;
  } finally {
    await holdfast.stop();
    sink.close();
  }
}

function readPlan(words: string[]): { pairs: number; quick: boolean } | "help" {
  const { values } = parseArgs({
    args: words,
    options: {
      pairs: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const pairs = values.pairs === undefined ? (values.quick ? QUICK_PAIRS : 5_000) : numberOf("pairs", values.pairs);
  if (pairs > MOST_PAIRS) throw new Error(`--pairs is at most ${MOST_PAIRS}.`);
  return { pairs: Math.round(pairs), quick: values.quick };
}

/** All of one length, and no pattern that tells the two apart. */
function addresses(count: number): Addresses[] {
  const random = seededRandom(20);
  const name = (nth: number) => `${Array.from({ length: 8 }, () => "abcdefghkmnprstuvwxyz"[Math.floor(random() * 21)]).join("")}${nth}`;
  return Array.from({ length: count }, (_, at) => ({
    known: `${name(100_000 + 2 * at)}@example.org`,
    unknown: `${name(100_001 + 2 * at)}@example.org`,
  }));
}

/** Everybody had one letter in this hour; half of them came in by it. */
async function prime(port: number, sink: Sink, people: readonly Addresses[]): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let at = next++; at < people.length && !isInterrupted(); at = next++) {
      const { known, unknown } = people[at] ?? { known: "", unknown: "" };
      for (const [side, address] of [known, unknown].entries()) {
        const visit = openVisit(port, 4 * at + side);
        const since = performance.now();
        await visit.place();
        await visit.letter(address);
        const code = await sink.codeFor(address, since, AbortSignal.timeout(CODE_WITHIN_MS));
        if (side === 0) await comeIn(() => visit.confirm(code));
        visit.close();
      }
      if (at % 500 === 499) console.log(`${at + 1} of ${people.length} have an account`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function comeIn(confirm: () => Promise<Timed>): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    const { heard } = await confirm();
    if (heard.status === 200) return;
    if (tried === 10) throw new Error(`the code was answered ${heard.status}: ${heard.text.slice(0, 200)}`);
    await pause((heard.retryAfterSeconds ?? 1) * 1_000);
  }
}

/** Which of a pair comes first is drawn anew for each request. */
async function measure(port: number, people: readonly Addresses[]): Promise<Measured> {
  const random = seededRandom(21);
  const measured: Measured = { letter: [], confirm: [], otherwise: [] };
  for (const [at, { known, unknown }] of people.entries()) {
    const [knowing, guessing] = [openVisit(port, 4 * at + 2), openVisit(port, 4 * at + 3)];
    await knowing.place();
    await guessing.place();
    const timed = async (what: "letter" | "confirm", first: () => Promise<Timed>, second: () => Promise<Timed>) => {
      const isKnownFirst = random() < 0.5;
      await pause(REST_MS);
      const one = await (isKnownFirst ? first : second)();
      await pause(REST_MS);
      const other = await (isKnownFirst ? second : first)();
      const [forKnown, forUnknown] = isKnownFirst ? [one, other] : [other, one];
      measured[what].push({ knownMs: forKnown.ms, unknownMs: forUnknown.ms });
      if (forKnown.said !== forUnknown.said) measured.otherwise.push(`${what}\n${forKnown.said}\n---\n${forUnknown.said}`);
      const wanted = what === "letter" ? 200 : 422;
      if (forKnown.heard.status !== wanted) throw new Error(`${what} was answered ${forKnown.heard.status}: ${forKnown.heard.text}`);
    };
    await timed(
      "letter",
      () => knowing.letter(known),
      () => guessing.letter(unknown),
    );
    await timed(
      "confirm",
      () => knowing.confirm("ABCD-2345"),
      () => guessing.confirm("ABCD-2345"),
    );
    knowing.close();
    guessing.close();
    if (at % 500 === 499) console.log(`${at + 1} of ${people.length} pairs measured`);
  }
  return measured;
}

function report({ letter, confirm, otherwise }: Measured): { text: string; isGreen: boolean } {
  const rows = (
    [
      ["the letter is ordered", letter],
      ["a wrong code", confirm],
    ] as const
  ).flatMap(([what, pairs]) =>
    SHARES.map((share) => {
      const found = differenceAt(share, pairs, seededRandom(22));
      const leaking = differenceAt(share, withLeak(pairs, LEAK_MS), seededRandom(22));
      return { what, found, verdict: verdictOn(found), isCaught: verdictOn(leaking) === "differs" };
    }),
  );
  const ms = (value: number) => value.toFixed(2);
  const lines = rows.map(({ what, found, verdict, isCaught }) => {
    const times = `${ms(found.knownMs)} ms | ${ms(found.unknownMs)} ms | ${ms(found.ms)} ms (${ms(found.lowMs)} to ${ms(found.highMs)})`;
    return `| ${what}, p${found.share * 100} | ${times} | ${MARKS[verdict]} | ${isCaught ? "ok" : "NO"} |`;
  });
  const isGreen = otherwise.length === 0 && rows.every(({ verdict, isCaught }) => verdict === "same" && isCaught);
  const text = `# Does an answer tell whether an address has an account?

${letter.length} interleaved pairs; known less unknown, with the 95 % interval (bootstrap of the pairs). Bar: the interval lies within
${BAR_MS} ms on both sides, and ${LEAK_MS} ms added to every answer for a known address is caught.

| request | known | unknown | difference | bar | ${LEAK_MS} ms caught |
| --- | --- | --- | --- | --- | --- |
${lines.join("\n")}

Answers that differed in status, headers or body: ${otherwise.length} of ${2 * letter.length}${otherwise.length === 0 ? " (ok)" : ` (NO), such as\n\n\`\`\`\n${otherwise[0]}\n\`\`\``}.

${describeMachine()}; load at the end ${loadavg()[0]?.toFixed(1)}
`;
  return { text, isGreen };
}
