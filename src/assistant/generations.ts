/**
 * Which answers are being written in this process, and may one more begin? The server owns them: a browser that goes away
 * changes nothing, and whoever of the account says stop stops them. Bounded for each account and over all.
 */
import type { Message } from "#contract/wire.ts";
import { generate, type Cut, type GenerationParts, type Job } from "./generation.ts";

export type GenerationLimits = { perAccount: number; overall: number };
export const GENERATION_LIMITS: GenerationLimits = { perAccount: 3, overall: 64 };

export type Room = {
  /** Starts the answer, unless it is being written already. Takes the room until it has ended. */
  begin(job: Job): void;
  /** Gives the room back if nothing was begun in it. */
  leave(): void;
};

export type Generations = {
  /** `undefined`: too many are being written. */
  room(accountId: string): Room | undefined;
  isRunning(messageId: string): boolean;
  /** Resolves when the answer has ended, at most two seconds later. False when it is not being written here for this account. */
  stop(accountId: string, messageId: string): Promise<boolean>;
  stopConversation(accountId: string, conversationId: string): void;
  /** Cuts off everything as interrupted, and waits for two seconds at most. */
  interruptAll(): Promise<void>;
};

const STOP_WAIT_MS = 2_000;

type Running = { job: Job; cut: (why: Cut) => void; ended: Promise<void> };

export function createGenerations(
  parts: GenerationParts & { limits: GenerationLimits; onBegin: (job: Job) => void; onEnd: (job: Job, message: Message) => void },
): Generations {
  const { clock, log, limits } = parts;
  const running = new Map<string, Running>();
  const rooms = new Map<string, number>();
  const leaving = new AbortController();
  let taken = 0;

  function room(accountId: string): Room | undefined {
    const mine = rooms.get(accountId) ?? 0;
    if (mine >= limits.perAccount || taken >= limits.overall || leaving.signal.aborted) return undefined;
    rooms.set(accountId, mine + 1);
    taken += 1;
    let used = false;
    const giveBack = () => {
      taken -= 1;
      const left = (rooms.get(accountId) ?? 1) - 1;
      if (left === 0) rooms.delete(accountId);
      else rooms.set(accountId, left);
    };
    return {
      begin(job) {
        if (used || running.has(job.messageId)) return;
        used = true;
        start(job, giveBack);
      },
      leave() {
        if (used) return;
        used = true;
        giveBack();
      },
    };
  }

  function start(job: Job, giveBack: () => void): void {
    const stop = new AbortController();
    parts.onBegin(job);
    const ended = generate(parts, job, stop.signal, leaving.signal)
      .then((message) => message !== undefined && parts.onEnd(job, message))
      .catch((error: unknown) => log.error({ err: error, messageId: job.messageId }, "an answer ended unexpectedly"))
      .then(() => {
        running.delete(job.messageId);
        giveBack();
      });
    running.set(job.messageId, { job, cut: (why) => stop.abort(why), ended });
  }

  async function atMost(waited: Promise<unknown>): Promise<void> {
    const enough = new AbortController();
    await Promise.race([waited, clock.sleep(STOP_WAIT_MS, enough.signal).catch(() => {})]);
    enough.abort();
  }

  return {
    room,
    isRunning: (messageId) => running.has(messageId),
    async stop(accountId, messageId) {
      const found = running.get(messageId);
      if (found === undefined || found.job.account.id !== accountId) return false;
      found.cut("stopped");
      await atMost(found.ended);
      return true;
    },
    stopConversation(accountId, conversationId) {
      for (const { job, cut } of running.values()) {
        if (job.account.id === accountId && job.conversationId === conversationId) cut("stopped");
      }
    },
    async interruptAll() {
      leaving.abort();
      for (const { cut } of running.values()) cut("interrupted");
      await atMost(Promise.all([...running.values()].map(({ ended }) => ended)));
    },
  };
}
