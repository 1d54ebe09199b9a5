/**
 * How does the courier run in the bench? The real mail module in a process of its own, and before it the line: people come
 * at a fixed rate, wait first come, first served, and are promised a letter only while mail says that it can take one.
 */
import { pino } from "pino";
import { systemDice } from "#kit/dice.ts";
import { derivePurposeKey, type Purpose, type PurposeKeys } from "#kit/seal.ts";
import { systemClock } from "#kit/time.ts";
import { createMail, type Mail } from "#mail/mail.ts";
import { openPool, type DatabaseAddress, type Pool } from "#store/store.ts";
import { answerParent } from "../door/messages.ts";
import { rounded } from "../door/numbers.ts";
import { UNKNOWN } from "./fault.ts";
import { withAccount } from "./store.ts";
import type { Person } from "./tally.ts";

export type CourierTask = { address: DatabaseAddress; smtpUrls: string[]; lettersPerSecond: number; connections: number };
export type FillTask = { many: number; from: number; deadlineMs: number };
export type ArrivalsTask = { perSecond: number; deadlineMs: number; shortMs: number };
/** [ms since 1970, letters a second], written down when it changed. */
export type Capacity = [at: number, capacity: number];
export type Seen = { people: Person[]; capacity: Capacity[] };
export type Memory = { rssMb: number; heapMb: number };

const MB = 1024 * 1024;
const TICK_MS = 20;
/** Who fills the outbox goes as fast as so many at once can. */
const FILLERS = 8;
const DOMAINS = ["one", "two", "three", "four", "five", "six", "seven", "eight"].map((name) => `${name}.example`);
/** One letter in twenty has a code that ends early, one goes to a mailbox that only B knows. */
const SPECIAL_EVERY = 20;
const SETTLE_MS = 10_000;
/** Nobody here enters their code, and all come from a known device: the brake on letters to strangers is not what is measured. */
const UNBRAKED = 1_000_000_000;

let secret = systemDice.bytes(32);
let sql: Pool | undefined;
let mail: Mail | undefined;
let people: Person[] = [];
let capacity: Capacity[] = [];
let timer: NodeJS.Timeout | undefined;
let arriving: ArrivalsTask | undefined;

answerParent({
  /** Two that work on one outbox have the same. */
  secret(hex?: string) {
    if (hex !== undefined) secret = Buffer.from(hex, "hex");
    return Buffer.from(secret).toString("hex");
  },
  open({ address, smtpUrls, lettersPerSecond, connections }: CourierTask) {
    const pool = openPool(address, { connections, name: "courier" });
    sql = pool;
    mail = createMail({
      sql: pool,
      clock: systemClock,
      dice: systemDice,
      log: pino({ level: "silent" }),
      keys: () => KEYS,
      ...relaysOf(smtpUrls),
      mailFrom: "Holdfast <codes@chat.example.org>",
      publicUrl: "https://chat.example.org",
      lettersPerSecond,
      unprovenPerHour: UNBRAKED,
      withAccount: (addresses) => withAccount(pool, addresses),
    });
  },
  async start() {
    await mail?.start();
  },
  /** Until the relays were reached; what is promised then. */
  async ready() {
    for (const until = performance.now() + SETTLE_MS; (mail?.capacity() ?? 0) === 0 && performance.now() < until;)
      await systemClock.sleep(TICK_MS);
    return mail?.capacity() ?? 0;
  },
  async fill({ many, from, deadlineMs }: FillTask) {
    let next = from;
    const fillers = Array.from({ length: FILLERS }, async () => {
      while (next < from + many) {
        const refused = await order(`n${next++}@${DOMAINS[next % DOMAINS.length]}`, Date.now() + deadlineMs);
        if (refused !== null) throw new Error(`a letter was refused: ${refused}`);
      }
    });
    await Promise.all(fillers);
  },
  arrive(task: ArrivalsTask) {
    people = [];
    capacity = [];
    arriving = task;
    line(task.perSecond);
  },
  /** Nobody new; who waits goes on waiting. */
  last() {
    arriving = undefined;
  },
  waiting: () => people.filter(({ promisedAt }) => promisedAt === null).length,
  seen: (): Seen => ({ people, capacity }),
  memory(): Memory {
    const { rss, heapUsed } = process.memoryUsage();
    return { rssMb: rounded(rss / MB), heapMb: rounded(heapUsed / MB) };
  },
  async stop() {
    clearInterval(timer);
    await mail?.stop();
    await sql?.end({ timeout: 5 });
  },
});

/** The one place that knows how mail is told its relays. */
function relaysOf(urls: string[]) {
  return { smtpUrl: urls.join(" ") };
}

function keysOf(purpose: Purpose): PurposeKeys {
  return { purpose, current: derivePurposeKey({ id: 1, secret }, purpose) };
}

/** Made once, as a Holdfast is handed them. */
const KEYS = { letter: keysOf("letter"), recipient: keysOf("recipient") };

function line(perSecond: number): void {
  const startedAt = performance.now();
  let come = 0;
  let before = startedAt;
  let tokens = 0;
  let served = 0;
  clearInterval(timer);
  timer = setInterval(() => {
    const now = performance.now();
    const may = mail?.capacity() ?? 0;
    if (may !== capacity.at(-1)?.[1]) capacity.push([Date.now(), may]);
    if (arriving !== undefined) for (; come < ((now - startedAt) / 1_000) * perSecond; come += 1) people.push(newPerson(come, arriving));
    tokens = may === 0 ? 0 : Math.min(Math.max(1, may), tokens + (may * (now - before)) / 1_000);
    before = now;
    for (let next = people[served]; next !== undefined && tokens >= 1; next = people[(served += 1)]) {
      tokens -= 1;
      promise(next);
    }
  }, TICK_MS);
}

function newPerson(number: number, { deadlineMs, shortMs }: ArrivalsTask): Person {
  const which = number % SPECIAL_EVERY;
  const kind = which === 7 ? "short" : which === 13 ? "unknown" : "ordinary";
  const to = `${kind === "unknown" ? UNKNOWN : "p"}${number}@${DOMAINS[number % DOMAINS.length]}`;
  const validMs = kind === "short" ? shortMs : deadlineMs;
  return { id: systemDice.uuid(), to, kind, arrivedAt: Date.now(), promisedAt: null, validMs, refused: null };
}

function promise(person: Person): void {
  person.promisedAt = Date.now();
  order(person.to, person.promisedAt + person.validMs, person.id).then(
    (refused) => (person.refused = refused),
    (error: unknown) => (person.refused = String(error)),
  );
}

async function order(address: string, expiresAt: number, letterId = systemDice.uuid()): Promise<string | null> {
  const asked = {
    placeId: systemDice.bytes(16),
    letterId,
    address,
    code: "ABCD-EFGH",
    language: "en" as const,
    way: "sign-up" as const,
    knownDevice: true,
  };
  const ordered = await mail?.enqueueCode({ ...asked, expiresAt });
  return ordered?.ok === true ? null : (ordered?.failure.tag ?? "no mail");
}
