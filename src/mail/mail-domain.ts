/**
 * Does this domain take mail at all? Asked of the machine's name servers before a letter is ordered: MX, and without one the
 * domain's own address (RFC 5321 5.1). Fails open: only a clear answer counts, in 1.5 s at most. Strangers choose the names,
 * so what is kept, underway and asked in a second has fixed numbers, and silent name servers are left alone for a while.
 */
import { Resolver } from "node:dns/promises";
import { HOUR_MS, MINUTE_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import { judgeAddresses, judgeExchanges, isLocalName, type DomainVerdict, type Reply } from "./core/domain-verdict.ts";

export type MailDomains = {
  /** `domain` in ASCII, lower case, as checkAddress gives it. Never rejects. */
  check(domain: string): Promise<DomainVerdict>;
};

const ANSWER_MS = 1_500;
/** What c-ares grants a server at first, and how often it asks it: a lost datagram is asked for again well within ANSWER_MS. */
const TRY_MS = 700;
const TRIES = 2;
/** A place that no letter came of is good for another try, so letters alone don't bound how many domains are named. */
const MOST_A_SECOND = 100;
const MOST_UNDERWAY = 64;
const MOST_KEPT = 512;
/** Somebody may just be setting a domain up. */
const KEPT_MS: Readonly<Record<DomainVerdict, number>> = {
  "takes-mail": HOUR_MS,
  "takes-none": 5 * MINUTE_MS,
  "no-such-domain": 5 * MINUTE_MS,
  unknown: 30 * SECOND_MS,
};
/** After so many silences in a row the name servers themselves are asked for, and left alone when they keep silent. */
const SILENCES = 3;
const REST_MS = 30 * SECOND_MS;
const ROOT_KEPT_MS = MINUTE_MS;

type Asked = { verdict: DomainVerdict; answered: boolean };

/** `servers` instead of the machine's own, as `address:port`. */
export function createMailDomains({ clock, servers }: { clock: Clock; servers?: readonly string[] }): MailDomains {
  const kept = new Map<string, { verdict: DomainVerdict; until: number }>();
  const underway = new Map<string, Promise<DomainVerdict>>();
  let resolver = newResolver(servers);
  let thisSecond = { second: 0, questions: 0 };
  let root = { known: Promise.resolve(false), until: Number.NEGATIVE_INFINITY };
  let silences = 0;
  let restsUntil = Number.NEGATIVE_INFINITY;

  async function look(domain: string): Promise<DomainVerdict> {
    const asked = await withinTime<Asked>(askAndDoubt(domain), { verdict: "unknown", answered: false }, clock);
    silences = asked.answered ? 0 : silences + 1;
    if (silences >= SILENCES) void findOut();
    keep(domain, asked.verdict);
    return asked.verdict;
  }

  /** Name servers that don't know the root know only their own network: that a domain is not there means nothing then. */
  async function askAndDoubt(domain: string): Promise<Asked> {
    const asked = await ask(resolver, domain);
    if (asked.verdict === "takes-mail" || asked.verdict === "unknown") return asked;
    if (root.until <= clock.monotonic()) root = { known: askForRoot(resolver).then(isFound), until: clock.monotonic() + ROOT_KEPT_MS };
    return (await root.known) ? asked : { ...asked, verdict: "unknown" };
  }

  /** Whether the name servers are silent or only those of some strangers' domains: every name server knows the root. */
  async function findOut(): Promise<void> {
    silences = 0;
    const here = resolver;
    const answered = await withinTime(askForRoot(here).then(isAnswer), false, clock);
    if (answered || here !== resolver) return;
    restsUntil = clock.monotonic() + REST_MS;
    here.cancel();
    // a new one reads anew which name servers the machine has
    resolver = newResolver(servers);
  }

  function mayAsk(): boolean {
    const second = Math.floor(clock.monotonic() / SECOND_MS);
    if (second !== thisSecond.second) thisSecond = { second, questions: 0 };
    if (thisSecond.questions >= MOST_A_SECOND || underway.size >= MOST_UNDERWAY || restsUntil > clock.monotonic()) return false;
    thisSecond.questions += 1;
    return true;
  }

  function keep(domain: string, verdict: DomainVerdict): void {
    kept.delete(domain);
    const [oldest] = kept.keys();
    if (kept.size >= MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(domain, { verdict, until: clock.monotonic() + KEPT_MS[verdict] });
  }

  return {
    async check(domain) {
      if (isLocalName(domain)) return "unknown";
      const known = kept.get(domain);
      if (known !== undefined && known.until > clock.monotonic()) return known.verdict;
      const same = underway.get(domain);
      if (same !== undefined) return same;
      if (!mayAsk()) return "unknown";
      const mine = look(domain).finally(() => underway.delete(domain));
      underway.set(domain, mine);
      return mine;
    },
  };
}

function newResolver(servers: readonly string[] | undefined): Resolver {
  const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES, maxTimeout: TRY_MS });
  if (servers !== undefined) resolver.setServers(servers);
  return resolver;
}

async function ask(resolver: Resolver, domain: string): Promise<Asked> {
  const exchanges = await replyOf(resolver.resolveMx(domain));
  const verdict = judgeExchanges(exchanges);
  if (verdict !== undefined) return { verdict, answered: isAnswer(exchanges) };
  const [v4, v6] = await Promise.all([replyOf(resolver.resolve4(domain)), replyOf(resolver.resolve6(domain))]);
  return { verdict: judgeAddresses(v4, v6), answered: true };
}

async function askForRoot(resolver: Resolver): Promise<Reply<string>> {
  return replyOf(resolver.resolveNs("."));
}

async function replyOf<Found>(asked: Promise<Found[]>): Promise<Reply<Found>> {
  try {
    return { tag: "found", found: await asked };
  } catch (error) {
    return { tag: "none", code: (error as NodeJS.ErrnoException).code ?? "" };
  }
}

/** Whatever a name server said, it is there. */
function isAnswer(reply: Reply<unknown>): boolean {
  return reply.tag === "found" || !["ETIMEOUT", "ECONNREFUSED", "ECANCELLED"].includes(reply.code);
}

function isFound(reply: Reply<unknown>): boolean {
  return reply.tag === "found" && reply.found.length > 0;
}

/** What comes later is not waited for; c-ares gives up by itself a moment later. */
async function withinTime<Value>(asked: Promise<Value>, otherwise: Value, clock: Clock): Promise<Value> {
  let cancel = () => {};
  const late = new Promise<Value>((resolve) => (cancel = clock.after(ANSWER_MS, () => resolve(otherwise))));
  const first = await Promise.race([asked, late]);
  cancel();
  return first;
}
