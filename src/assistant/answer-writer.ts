/**
 * How do a model's words get into the log? They are joined and written about every 50 ms, one transaction each, never two at
 * once, so a slow database makes bigger batches. What is written is never written twice, also when only the database's
 * answer was lost. At most so many words wait: then the model's stream does.
 */
import type { Logger } from "pino";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import type { Clock } from "#kit/time.ts";
import type { EgressSummary, Message } from "#contract/wire.ts";
import type { Pool } from "#store/store.ts";
import {
  addWords,
  appendPiece,
  NO_WORDS,
  partEvents,
  storable,
  unstoredPieces,
  wholePieces,
  type Piece,
  type Words,
} from "./core/pieces.ts";
import type { EventLog } from "./event-log.ts";
import { tryWithPatience } from "./patience.ts";
import { endMessage, findMessage, isRunning, storedWords, type AnswerEnd } from "./store.ts";

export type WriterParts = { sql: Pool; clock: Clock; log: Logger; events: EventLog; giveUpMs?: number };

/** `not-running`: somebody else ended the message. */
export type NotKept = { tag: "not-running" } | { tag: "database-away" } | { tag: "disk-full" };

export type AnswerWriter = {
  /** Takes words. Resolves at once, or when there is room again; false when nothing more can be kept. */
  add(piece: Piece): Promise<boolean>;
  /** How many characters were taken, written or not. */
  chars(): number;
  /** Writes what waits, then ends the message. After a database that was away for too long it ends with what was written. */
  end(end: AnswerEnd, egress: EgressSummary): Promise<Outcome<Message, NotKept>>;
};

const FLUSH_EVERY_MS = 50;
const FLUSH_CHARS = 8 * 1024;
const WAITING_CHARS = 256 * 1024;

/** `leaving` aborts when the process is about to end: then a failed try is not repeated. */
export function createAnswerWriter(
  parts: WriterParts,
  answer: { accountId: string; conversationId: string; messageId: string },
  leaving: AbortSignal,
): AnswerWriter {
  const { sql, clock, log, events } = parts;
  const { accountId, conversationId, messageId } = answer;
  let written: Words = NO_WORDS;
  let takenChars = 0;
  let waiting: Piece[] = [];
  let waitingChars = 0;
  /** Something came since the last flush began. */
  let fresh = false;
  let lastFlushAt = Number.NEGATIVE_INFINITY;
  let cancelTimer: (() => void) | undefined;
  let flushing: Promise<void> | undefined;
  let broken: NotKept | undefined;
  let roomWanted: (() => void)[] = [];

  async function add({ channel, text }: Piece): Promise<boolean> {
    if (broken !== undefined) return false;
    waiting = appendPiece(waiting, { channel, text: storable(text) });
    waitingChars += text.length;
    takenChars += text.length;
    fresh = true;
    flushSoon();
    if (waitingChars >= WAITING_CHARS) await new Promise<void>((resolve) => roomWanted.push(resolve));
    return broken === undefined;
  }

  function flushSoon(): void {
    if (flushing !== undefined || broken !== undefined) return;
    if (waitingChars >= FLUSH_CHARS) void flush(false);
    else cancelTimer ??= clock.after(Math.max(0, lastFlushAt + FLUSH_EVERY_MS - clock.monotonic()), () => void flush(false));
  }

  function flush(last: boolean): Promise<void> {
    cancelTimer?.();
    cancelTimer = undefined;
    const { ready, rest } = wholePieces(waiting, last);
    waiting = rest;
    waitingChars = rest[0]?.text.length ?? 0;
    fresh = false;
    lastFlushAt = clock.monotonic();
    flushing = keep(ready)
      .catch((error: unknown) => {
        log.error({ err: error }, "words of an answer could not be kept");
        broken = { tag: "not-running" };
      })
      .finally(() => {
        flushing = undefined;
        const wanted = roomWanted;
        roomWanted = [];
        for (const resolve of wanted) resolve();
        if (fresh) flushSoon();
      });
    return flushing;
  }

  async function keep(pieces: readonly Piece[]): Promise<void> {
    if (pieces.length === 0) return;
    let left = pieces;
    const tried = await tryWithPatience(parts, leaving, async (again) => {
      if (again) {
        const stored = await storedWords(sql, messageId);
        left = unstoredPieces(written, left, stored);
        written = stored;
      }
      const isKept = await events.write(accountId, async (tx) =>
        (await isRunning(tx, messageId))
          ? { value: true, events: partEvents(conversationId, messageId, written, left) }
          : { value: false, events: [] },
      );
      if (isKept) written = addWords(written, left);
      return isKept;
    });
    if (tried.gaveUp !== false) broken = { tag: tried.gaveUp };
    else if (!tried.value) broken = { tag: "not-running" };
  }

  async function end(wanted: AnswerEnd, egress: EgressSummary): Promise<Outcome<Message, NotKept>> {
    while (flushing !== undefined) await flushing;
    if (waiting.length > 0 && broken === undefined) await flush(true);
    if (broken?.tag === "not-running") return fail(broken);
    const as: AnswerEnd = broken === undefined ? wanted : { ...wanted, ...endWithoutRoom(broken) };
    const tried = await tryWithPatience(parts, broken === undefined ? leaving : AbortSignal.abort(), async (again) => {
      const ended = await events.write(accountId, async (tx) => {
        const stored = await endMessage(tx, messageId, as, clock.now());
        const message = stored === undefined ? undefined : { ...stored, egress };
        return { value: message, events: message === undefined ? [] : [{ kind: "message", message }] };
      });
      // perhaps the try before did it
      return ended ?? (again ? await endedAlready(as) : undefined);
    });
    if (tried.gaveUp !== false) return fail({ tag: tried.gaveUp });
    return tried.value === undefined ? fail({ tag: "not-running" }) : succeed({ ...tried.value, egress });
  }

  async function endedAlready(as: AnswerEnd) {
    const { accountId: _, ...message } = (await findMessage(sql, messageId)) ?? { accountId };
    return "state" in message && message.state === as.state ? message : undefined;
  }

  return { add, chars: () => takenChars, end };
}

/** What an answer ends as when its last words could not be kept. */
function endWithoutRoom(broken: NotKept): Pick<AnswerEnd, "state" | "problemCode"> {
  return broken.tag === "disk-full" ? { state: "failed", problemCode: "disk-full" } : { state: "interrupted", problemCode: null };
}
