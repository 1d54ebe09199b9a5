/**
 * How do changes of a chat reach every browser of their account, each once and in order? Whoever changes something appends
 * to the account's log in the same transaction; afterwards the newest events are handed to those who listen, from a bounded
 * memory. Who falls behind, comes back or missed something reads the log instead, so nothing is ever kept for one reader.
 */
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { StreamEvent } from "#contract/wire.ts";
import type { Pool, Transaction } from "#store/store.ts";
import { isPassingFault } from "./patience.ts";
import { appendEvents, lockStream, readEvents, type NumberedEvent } from "./store.ts";

export type EventLog = {
  /** One transaction that holds the account's log. What `work` returns as events is appended, committed, then handed out. */
  write<Value>(accountId: string, work: (tx: Transaction) => Promise<{ value: Value; events: StreamEvent[] }>): Promise<Value>;
  /** The log after `afterSeq`, then live, until `signal` aborts. Begins with a `reset` when what follows `afterSeq` is gone. */
  events(accountId: string, afterSeq: number, signal: AbortSignal): AsyncIterable<NumberedEvent>;
  /** Ends every stream. */
  close(): void;
};

/** What is kept in memory of an account while somebody listens. */
const RECENT_EVENTS = 256;
const RECENT_CHARS = 256 * 1024;
/** A listener looks into the log this often even when nothing is handed to it. */
const IDLE_LOOK_MS = 30 * SECOND_MS;
const RETRY_MS = SECOND_MS;

type Listening = { readers: number; version: number; recent: NumberedEvent[]; recentChars: number; wake: Set<() => void> };

export function createEventLog(parts: { sql: Pool; clock: Clock; log: Logger }): EventLog {
  const { sql, clock, log } = parts;
  const listening = new Map<string, Listening>();
  let closed = false;

  async function write<Value>(
    accountId: string,
    work: (tx: Transaction) => Promise<{ value: Value; events: StreamEvent[] }>,
  ): Promise<Value> {
    try {
      const { value, events, lastSeq } = await sql.begin(async (tx) => {
        await lockStream(tx, accountId);
        const done = await work(tx);
        return { ...done, lastSeq: done.events.length === 0 ? 0 : await appendEvents(tx, accountId, done.events, clock.now()) };
      });
      handOut(accountId, lastSeq - events.length, events);
      return value;
    } catch (error) {
      // the commit may have gone through all the same: everybody looks
      const account = listening.get(accountId);
      if (account !== undefined) forget(account);
      changed(account);
      throw error;
    }
  }

  function handOut(accountId: string, before: number, events: readonly StreamEvent[]): void {
    const account = listening.get(accountId);
    if (account === undefined || events.length === 0) return;
    const newest = account.recent.at(-1)?.seq ?? before;
    // commits are in order, their callbacks need not be: what comes late is in the log
    if (before < newest) return;
    if (before > newest) forget(account);
    events.forEach((event, index) => account.recent.push({ seq: before + 1 + index, event }));
    account.recentChars += events.reduce((sum, event) => sum + charsOf(event), 0);
    while (account.recent.length > RECENT_EVENTS || account.recentChars > RECENT_CHARS) {
      const oldest = account.recent.shift();
      if (oldest === undefined) break;
      account.recentChars -= charsOf(oldest.event);
    }
    changed(account);
  }

  async function* events(accountId: string, afterSeq: number, signal: AbortSignal): AsyncGenerator<NumberedEvent> {
    const account = join(accountId);
    try {
      let at = afterSeq;
      let look = true;
      while (!signal.aborted && !closed) {
        const { version } = account;
        const page: NumberedEvent[] = (look ? undefined : recentAfter(account, at)) ?? (await pageAfter(accountId, at, signal));
        for (const item of page) {
          yield item;
          if (signal.aborted || closed) return;
          at = item.seq;
        }
        look = page.length === 0 && account.version === version && (await quiet(account, signal));
      }
    } finally {
      leave(accountId, account);
    }
  }

  /** The next page of the log; none while the database is away. */
  async function pageAfter(accountId: string, at: number, signal: AbortSignal): Promise<NumberedEvent[]> {
    while (!signal.aborted && !closed) {
      try {
        const { lastSeq, events: page } = await readEvents(sql, accountId, at);
        const next = page[0]?.seq ?? lastSeq + 1;
        return next === at + 1 ? page : [{ seq: lastSeq, event: { kind: "reset" } }];
      } catch (error) {
        if (!isPassingFault(error)) throw error;
        log.warn({ err: error }, "the event log can't be read; a stream waits for the database");
        await clock.sleep(RETRY_MS, signal).catch(() => {});
      }
    }
    return [];
  }

  function join(accountId: string): Listening {
    const account = listening.get(accountId) ?? { readers: 0, version: 0, recent: [], recentChars: 0, wake: new Set() };
    account.readers += 1;
    listening.set(accountId, account);
    return account;
  }

  function leave(accountId: string, account: Listening): void {
    account.readers -= 1;
    if (account.readers === 0) listening.delete(accountId);
  }

  /** Resolves when something was handed out (false), or after a quiet time (true). */
  function quiet(account: Listening, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (wasQuiet: boolean) => {
        account.wake.delete(onChange);
        signal.removeEventListener("abort", onChange);
        cancel();
        resolve(wasQuiet);
      };
      const onChange = () => end(false);
      const cancel = clock.after(IDLE_LOOK_MS, () => end(true));
      account.wake.add(onChange);
      signal.addEventListener("abort", onChange, { once: true });
      if (signal.aborted) onChange();
    });
  }

  return {
    write,
    events,
    close() {
      closed = true;
      for (const account of listening.values()) changed(account);
    },
  };
}

/** What memory has after `at`; `undefined` when the log must be asked. */
function recentAfter(account: Listening, at: number): NumberedEvent[] | undefined {
  const first = account.recent[0]?.seq;
  const last = account.recent.at(-1)?.seq;
  if (first === undefined || last === undefined || at < first - 1 || at > last) return undefined;
  return account.recent.slice(at + 1 - first);
}

function forget(account: Listening): void {
  account.recent = [];
  account.recentChars = 0;
}

function changed(account: Listening | undefined): void {
  if (account === undefined) return;
  account.version += 1;
  for (const wake of account.wake) wake();
}

function charsOf(event: StreamEvent): number {
  if (event.kind === "part") return event.text.length;
  return event.kind === "message" ? event.message.text.length + event.message.reasoning.length : 0;
}
