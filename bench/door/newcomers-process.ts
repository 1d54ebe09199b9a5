/**
 * Do newcomers get in? One a second begins, alternately from a network of their own and from one that the flood comes from
 * too. Keeps the mail server that every letter goes to, so a code is read without asking anybody. Also registers the members,
 * and the pest: somebody who lets letters be sent to one and the same victim.
 */
import { setTimeout as wait } from "node:timers/promises";
import { openBrowser } from "./browser.ts";
import { register } from "./journeys.ts";
import { answerParent } from "./messages.ts";
import { memberAddress, type SystemName } from "./shots.ts";
import { openSink } from "./smtp-sink.ts";
import { insideAddress, outsideAddress } from "./sources.ts";

export type NewcomersTask = { port: number; system: SystemName; perSecond: number };
export type Newcomer = {
  where: "outside" | "inside";
  works: boolean;
  /** ms since the phase began. */
  beganMs: number;
  /** null: not in by the end. */
  tookMs: number | null;
  lastStep: string;
};
export type Letters = { atMs: number[]; mostPerRecipient: number; toPestsVictim: number; pestAsked: number };

const MOST_WAIT_MS = 300_000;
const MEMBER_WITHIN_MS = 60_000;
const PEST_EVERY_MS = 3_000;
const PEST_WAIT_MS = 20_000;
const PESTS_VICTIM = "one-victim@victims.example";

const sink = await openSink();
let newcomers: Newcomer[] = [];
let phaseBegan = 0;
let timers: NodeJS.Timeout[] = [];
let begun = 0;
let pests = 0;
const journeys = new AbortController();

answerParent({
  smtpPort: () => sink.port,
  async members({ port, system, many }: { port: number; system: SystemName; many: number }) {
    const all: [string, string][][] = [];
    for (let index = 0; index < many; index++) {
      const browser = openBrowser(port, outsideAddress(20_000 + index));
      const signal = AbortSignal.timeout(MEMBER_WITHIN_MS);
      await register(system, { browser, address: memberAddress(index), codeFor: sink.codeFor, signal, works: true, at() {} });
      browser.close();
      all.push([...browser.cookies]);
    }
    return all;
  },
  begin(task: NewcomersTask) {
    newcomers = [];
    phaseBegan = performance.now();
    timers = [setInterval(() => enter(task), 1_000 / task.perSecond), setInterval(() => pester(task), PEST_EVERY_MS)];
  },
  /** Nobody new; who is on the way goes on. */
  last() {
    for (const timer of timers) clearInterval(timer);
    return newcomers.filter(({ tookMs }) => tookMs === null).length;
  },
  underway: () => newcomers.filter(({ tookMs }) => tookMs === null).length,
  end() {
    journeys.abort();
    return newcomers;
  },
  letters(): Letters {
    const { at, perRecipient } = sink.report();
    return {
      atMs: at.map((ms) => Math.round(ms - phaseBegan)),
      mostPerRecipient: Math.max(0, ...perRecipient.values()),
      toPestsVictim: perRecipient.get(PESTS_VICTIM) ?? 0,
      pestAsked: pests,
    };
  },
});

function enter(task: NewcomersTask): void {
  const number = begun++;
  const where = number % 2 === 0 ? "outside" : "inside";
  // one per network, spread over the flood's
  const from = where === "outside" ? outsideAddress(number) : insideAddress((number * 7) % 1_000);
  // one in five of each has no script
  const works = Math.floor(number / 2) % 5 !== 0;
  const newcomer: Newcomer = { where, works, beganMs: performance.now() - phaseBegan, tookMs: null, lastStep: "" };
  newcomers.push(newcomer);
  const browser = openBrowser(task.port, from);
  const signal = AbortSignal.any([journeys.signal, AbortSignal.timeout(MOST_WAIT_MS)]);
  const address = `newcomer-${number}@newcomers.example`;
  register(task.system, { browser, address, codeFor: sink.codeFor, signal, works, at: (step) => (newcomer.lastStep = step) })
    .then(() => (newcomer.tookMs = performance.now() - phaseBegan - newcomer.beganMs))
    .catch(() => {})
    .finally(() => browser.close());
}

/** From a new network each time; whether a code comes is nothing to them. */
function pester(task: NewcomersTask): void {
  const browser = openBrowser(task.port, outsideAddress(10_000 + pests++));
  const signal = AbortSignal.any([journeys.signal, AbortSignal.timeout(PEST_WAIT_MS)]);
  register(task.system, {
    browser,
    address: PESTS_VICTIM,
    codeFor: (_address, _since, until) => wait(MOST_WAIT_MS, undefined, { signal: until }).then(() => ""),
    signal,
    works: false,
    at() {},
  })
    .catch(() => {})
    .finally(() => browser.close());
}
