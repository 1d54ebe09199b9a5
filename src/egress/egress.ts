/**
 * How does anything leave this machine? Only here, only to a known destination, and only after the ledger has the entry:
 * no entry, no byte (fails closed). The address is checked and then dialled itself, so no name can change in between.
 */
import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { Dice } from "#kit/dice.ts";
import { fail, type Outcome } from "#kit/outcome.ts";
import { DAY_MS, HOUR_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import type { EgressEntry, EgressSummary } from "#contract/wire.ts";
import type { Pool } from "#store/store.ts";
import { addressKind, type AddressKind } from "./core/address.ts";
import { bareHost, mayConnect, MAX_REDIRECTS, redirectUrl, shownUrl, targetUrl, type Destination } from "./core/destination.ts";
import { LIMITS_OF, type Purpose } from "./core/limits.ts";
import { summarise } from "./core/summary.ts";
import { createResolve, type Resolve } from "./resolve.ts";
import {
  bodyOfEntry,
  closeEntry,
  closeLeftOpen,
  deleteModelListsBefore,
  entriesOfMessage,
  insertEntry,
  totalsOf,
  type EntryEnd,
} from "./store.ts";
import { exchange, isListening, type Reply } from "./transport.ts";

export type { Destination } from "./core/destination.ts";

export type EgressRequest = {
  /** Name of a known destination. */
  destination: string;
  method: "GET" | "HEAD" | "POST";
  /** Below the destination's base URL; begins with "/". */
  path: string;
  /** Nothing secret: secrets belong to the destination. */
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array;
  purpose: Purpose;
  accountId: string | null;
  conversationId: string | null;
  messageId: string | null;
  signal?: AbortSignal;
};

/** `unreachable` and `aborted` may have an entry in the ledger; the other two sent nothing. */
export type NotSent = { tag: "not-a-destination" } | { tag: "ledger-unavailable" } | { tag: "unreachable" } | { tag: "aborted" };
export type EgressReply = Reply;

export type Egress = {
  send(request: EgressRequest): Promise<Outcome<EgressReply, NotSent>>;
  /** Makes a destination known, or replaces the one of that name. */
  connect(destination: Destination): void;
  disconnect(name: string): void;
  /** Whether something listens on this machine's port. Sends nothing, so the ledger has nothing of it. */
  listening(port: number): Promise<boolean>;
  summary(messageIds: readonly string[]): Promise<Map<string, EgressSummary>>;
  entriesOf(accountId: string, messageId: string): Promise<EgressEntry[]>;
  /** The exact bytes of an entry; `undefined` when there is none or it is somebody else's. */
  bodyOf(accountId: string, entryId: string): Promise<Uint8Array | undefined>;
  /** Closes what a former process left open and sweeps old lists of models each hour until `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
};

const LEDGER_DEADLINE_MS = 5 * SECOND_MS;
const MAX_ADDRESSES = 3;
const CLOSE_RETRY_MS = 5 * SECOND_MS;
const CLOSE_TRIES = 12;
const KEEP_MODEL_LISTS_MS = 7 * DAY_MS;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const NEVER = new AbortController().signal;

export function createEgress(parts: {
  sql: Pool;
  clock: Clock;
  dice: Dice;
  log: Logger;
  destinations: readonly Destination[];
  resolve?: Resolve;
}): Egress {
  const { sql, clock, dice, log } = parts;
  const resolve = parts.resolve ?? createResolve();
  const destinations = new Map(parts.destinations.map((destination) => [destination.name, destination]));

  async function send(request: EgressRequest): Promise<Outcome<EgressReply, NotSent>> {
    const destination = destinations.get(request.destination);
    const first = destination === undefined ? undefined : targetUrl(destination, request.path);
    if (destination === undefined || first === undefined) return fail({ tag: "not-a-destination" });
    let url: URL = first;
    let start: AddressKind | null = null;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const sent = await sendHop({ request, destination, url, origin: first.origin, start, redirected: hop > 0 });
      if (!sent.ok) return sent;
      const { reply, kind } = sent.value;
      if (destination.redirects === "never" || !REDIRECTS.has(reply.status)) return { ok: true, value: reply };
      await reply.body.cancel();
      const next = redirectUrl(url, reply.headers.get("location"), kind);
      if (next === undefined) break;
      url = next;
      start ??= kind;
    }
    log.warn({ destination: destination.name, host: url.host }, "a redirect was not followed");
    return fail({ tag: "unreachable" });
  }

  type Hop = { request: EgressRequest; destination: Destination; url: URL; origin: string; start: AddressKind | null; redirected: boolean };

  /** One request to the first address that takes it. A connection that failed carried nothing, so the next address is tried. */
  async function sendHop(hop: Hop): Promise<Outcome<{ reply: Reply; kind: AddressKind }, NotSent>> {
    const signal = hop.request.signal ?? NEVER;
    const found = await resolve(bareHost(hop.url), signal);
    const usable = found.map((ip) => ({ ip, kind: addressKind(ip) })).filter(({ kind }) => mayConnect(kind, hop.start));
    if (usable.length === 0) log.warn({ destination: hop.destination.name, host: hop.url.host, found: found.length }, "no usable address");
    for (const { ip, kind } of usable.slice(0, MAX_ADDRESSES)) {
      if (signal.aborted) return fail({ tag: "aborted" });
      const sent = await sendTo(hop, ip, kind === "loopback", signal);
      if (sent.ok) return { ok: true, value: { reply: sent.value, kind } };
      if (sent.failure.tag !== "unreachable" || sent.failure.connected) {
        return fail(sent.failure.tag === "unreachable" ? { tag: "unreachable" } : sent.failure);
      }
    }
    return fail({ tag: signal.aborted ? "aborted" : "unreachable" });
  }

  async function sendTo(
    hop: Hop,
    ip: string,
    stayed: boolean,
    signal: AbortSignal,
  ): Promise<Outcome<Reply, { tag: "ledger-unavailable" } | { tag: "aborted" } | { tag: "unreachable"; connected: boolean }>> {
    const { request, destination, url } = hop;
    const id = dice.uuid();
    const body = bytesOf(request.body);
    const opened = await openEntry({
      id,
      accountId: request.accountId,
      conversationId: request.conversationId,
      messageId: request.messageId,
      purpose: request.purpose,
      destination: destination.name,
      method: request.method,
      url: shownUrl(url, hop.redirected),
      host: url.host,
      ip,
      stayed,
      body: body ?? Buffer.alloc(0),
      bodySha256: createHash("sha256")
        .update(body ?? "")
        .digest(),
      openedAt: clock.now(),
    });
    if (!opened) return fail({ tag: "ledger-unavailable" });
    const answered: { status: number | null } = { status: null };
    const sent = await exchange({
      url,
      address: ip,
      method: request.method,
      headers: {
        "user-agent": "holdfast",
        "accept-encoding": "identity",
        ...request.headers,
        ...(url.origin === hop.origin ? destination.headers : {}),
      },
      body,
      limits: LIMITS_OF[request.purpose],
      signal,
      clock,
      onEnd: ({ how, bytes }) => close(id, { state: how === "broken" ? "failed" : "answered", status: answered.status, bytes }),
    });
    if (sent.ok) {
      answered.status = sent.value.status;
      return sent;
    }
    const { connected, reason } = sent.failure;
    await close(id, { state: "failed", status: null, bytes: connected ? 0 : null });
    if (signal.aborted) return fail({ tag: "aborted" });
    log.warn({ destination: destination.name, host: url.host, ip, reason }, "a destination did not answer");
    return fail({ tag: "unreachable", connected });
  }

  /** Commits the entry, or says that it could not: then nothing may be sent. An entry that comes too late is closed as never sent. */
  async function openEntry(entry: Parameters<typeof insertEntry>[1]): Promise<boolean> {
    const late = new AbortController();
    const inserted = insertEntry(sql, entry).then(
      () => true,
      (error: unknown) => {
        log.error({ err: error, destination: entry.destination }, "the ledger could not be written, so nothing was sent");
        return false;
      },
    );
    const timedOut = clock.sleep(LEDGER_DEADLINE_MS, late.signal).then(
      () => "late" as const,
      () => "late" as const,
    );
    const first = await Promise.race([inserted, timedOut]);
    late.abort();
    if (first !== "late") return first;
    log.error({ destination: entry.destination }, "the ledger was not written in time, so nothing was sent");
    void inserted.then((done) => (done ? close(entry.id, { state: "failed", status: null, bytes: null }) : undefined));
    return false;
  }

  /** Tries once while the caller waits; after that in the background. */
  async function close(id: string, end: EntryEnd, tries = CLOSE_TRIES): Promise<void> {
    try {
      await closeEntry(sql, id, end, clock.now());
    } catch (error) {
      log.warn({ err: error }, "an entry of the ledger could not be closed; it is tried again");
      if (tries > 1) clock.after(CLOSE_RETRY_MS, () => void close(id, end, tries - 1));
    }
  }

  return {
    send,
    connect: (destination) => void destinations.set(destination.name, destination),
    disconnect: (name) => void destinations.delete(name),
    listening: (port) => isListening(port),
    summary: async (messageIds) => summarise(messageIds, await totalsOf(sql, messageIds)),
    entriesOf: (accountId, messageId) => entriesOfMessage(sql, accountId, messageId),
    bodyOf: (accountId, entryId) => bodyOfEntry(sql, accountId, entryId),
    async start(signal) {
      await closeLeftOpen(sql, clock.now());
      void sweep(signal);
    },
  };

  async function sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await deleteModelListsBefore(sql, clock.now() - KEEP_MODEL_LISTS_MS).catch((error: unknown) =>
        log.warn({ err: error }, "old lists of models could not be swept; it is tried again in an hour"),
      );
      await clock.sleep(HOUR_MS, signal).catch(() => {});
    }
  }
}

function bytesOf(body: string | Uint8Array | undefined): Buffer | null {
  if (body === undefined) return null;
  return typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
}
