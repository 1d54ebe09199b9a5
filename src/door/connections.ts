/**
 * Who may hold a connection, and who has to let go of theirs? So many in all and so many per network, counted in constant memory.
 * When there is no room, the unproven connection that has been idle the longest goes, and a member's never. Whoever sends or
 * takes too slowly goes too. Heads and idle time are node's to watch (listener.ts), once it heard of a connection.
 */
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { append, detach, findOldest, newLink, type Link } from "./core/chain.ts";
import { add, countOf, newCounts, takeAway } from "./core/hashed-counts.ts";
import { isTooSlow, newPace, type Pace } from "./core/pace.ts";
import { HEAD_WITHIN_MS, idleMs } from "./core/patience.ts";

export type ConnectionLimits = {
  /** In all. */
  connections: number;
  /** Unproven ones of one network; a whole university may be behind one. */
  perNetwork: number;
};

export type Connections = {
  opened(socket: Socket): void;
  /** A request was refused before node heard of it. False: it is not to be answered, the connection is over. */
  askedEarly(socket: Socket): boolean;
  /** From now on node watches how long it is idle. */
  handedOver(socket: Socket): void;
  /** A request came. False: it is not to be answered, the connection is over. */
  asked(socket: Socket, message: IncomingMessage): boolean;
  answered(socket: Socket): void;
  /** So often somebody was refused here after node had parsed what they asked, this time included. */
  refused(socket: Socket): number;
  /** Whose account the newest request showed: the connection is theirs. null: nobody's. */
  prove(socket: Socket, holder: Uint8Array | null): void;
  isProven(socket: Socket): boolean;
  /** No other request here waits for its answer. */
  isAlone(socket: Socket): boolean;
  /** How many requests came here so far. */
  count(socket: Socket): number;
  /** The last word was said; the other side has a moment to hang up. */
  ended(socket: Socket): void;
  open(): number;
  start(): void;
  /** Looks after nobody any more, and lets go of those that node never heard of. */
  stop(): void;
};

const USUAL: ConnectionLimits = { connections: 10_000, perNetwork: 1_000 };
/** A stolen pass does not protect more connections than the browsers of one person have. */
const PROVEN_PER_HOLDER = 64;
/** Browsers and proxies wait for an answer before they ask again; whoever piles up requests on one connection is let go. */
const MOST_UNANSWERED = 4;
const HANG_UP_MS = SECOND_MS;
const NODES_TURN_MS = 2 * SECOND_MS;
const SWEEP_EVERY_MS = 100;
/** Each connection is looked at once a second. */
const SWEEP_SHARE = SWEEP_EVERY_MS / SECOND_MS;
const GROUPS = 256;

type Held = {
  socket: Socket;
  /** null: behind a proxy, where a connection belongs to no network. */
  source: Uint8Array | null;
  holder: Uint8Array | null;
  unanswered: number;
  asked: number;
  refused: number;
  reading: (Pace & { message: IncomingMessage }) | null;
  writing: Pace | null;
  endedAt: number | null;
  openedAt: number;
  /** Since when nothing came here that node heard of; null: node watches. */
  quietSince: number | null;
  /** Where it stands in `all`; -1: it is gone. */
  at: number;
  idle: Link<Held>;
  idleInGroup: Link<Held>;
};

/** Kept on the connection itself: with a WeakMap the longest stops for collecting garbage were three times as long (14 ms, 5 ms). */
const HELD = Symbol("held");
type Holding = Socket & { [HELD]?: Held };

function heldOf(socket: Socket): Held | undefined {
  return (socket as Holding)[HELD];
}

export function createConnections(parts: {
  clock: Clock;
  /** The network that a connection comes from (8 bytes of a keyed hash); null where that can't be told by the connection. */
  sourceOf: (socket: Socket) => Uint8Array | null;
  behindProxy: boolean;
  limits?: Partial<ConnectionLimits> | undefined;
}): Connections {
  const { clock } = parts;
  const limits = { ...USUAL, ...parts.limits };
  const all: Held[] = [];
  const perNetwork = newCounts();
  const perHolder = newCounts();
  const idle = newLink<Held>(null);
  const idleByGroup = Array.from({ length: GROUPS }, () => newLink<Held>(null));
  const groupOf = ({ source }: Held) => idleByGroup[source?.[0] ?? 0] ?? idle;

  function isGone(one: Held): boolean {
    return one.at < 0;
  }

  function count({ holder, source }: Held): void {
    if (holder !== null) add(perHolder, holder);
    else if (source !== null) add(perNetwork, source);
  }

  function uncount({ holder, source }: Held): void {
    if (holder !== null) takeAway(perHolder, holder);
    else if (source !== null) takeAway(perNetwork, source);
  }

  /** Out of the books; what becomes of the socket is the caller's. */
  function forget(one: Held): void {
    if (isGone(one)) return;
    stir(one);
    uncount(one);
    const last = all.pop();
    if (last !== undefined && last !== one) {
      all[one.at] = last;
      last.at = one.at;
    }
    one.at = -1;
  }

  function letGo(one: Held): void {
    forget(one);
    one.socket.destroy();
  }

  /** Not among the first to go any more. */
  function stir(one: Held): void {
    detach(one.idle);
    detach(one.idleInGroup);
  }

  /** Idle and unproven: the first to go. */
  function rest(one: Held): void {
    if (isGone(one) || one.holder !== null || one.endedAt !== null) return;
    append(idle, one.idle);
    append(groupOf(one), one.idleInGroup);
  }

  function makeRoom(source: Uint8Array | null): boolean {
    if (source !== null && countOf(perNetwork, source) >= limits.perNetwork) {
      const oldest = findOldest(idleByGroup[source[0] ?? 0] ?? idle, (other) => isSame(other.source, source));
      if (oldest === undefined) return false;
      letGo(oldest);
    }
    if (all.length < limits.connections) return true;
    const oldest = findOldest(idle);
    if (oldest !== undefined) letGo(oldest);
    return oldest !== undefined;
  }

  function opened(socket: Socket): void {
    const source = parts.sourceOf(socket);
    if (!makeRoom(source)) {
      socket.destroy();
      return;
    }
    const one = {
      socket,
      source,
      holder: null,
      unanswered: 0,
      asked: 0,
      refused: 0,
      reading: null,
      writing: null,
      endedAt: null,
      openedAt: clock.monotonic(),
      quietSince: clock.monotonic(),
      at: all.length,
    } as unknown as Held;
    one.idle = newLink(one);
    one.idleInGroup = newLink(one);
    all.push(one);
    (socket as Holding)[HELD] = one;
    count(one);
    rest(one);
    socket.once("close", () => forget(one));
  }

  /** Whoever holds an account may be slow: what they may hold is bounded by their pass. */
  function look(one: Held, now: number): void {
    const { socket, reading } = one;
    if (one.endedAt !== null && now - one.endedAt > HANG_UP_MS) return letGo(one);
    // node, once it heard of the connection, ends it with a 408; it looks once a second
    if (one.asked === 0 && now - one.openedAt > HEAD_WITHIN_MS + (one.quietSince === null ? NODES_TURN_MS : 0)) return letGo(one);
    if (one.quietSince !== null && now - one.quietSince > idleMs(parts.behindProxy, one.holder !== null)) return letGo(one);
    if (reading?.message.complete === true) one.reading = null;
    if (one.holder !== null) return;
    if (one.reading !== null && isTooSlow(one.reading, now, socket.bytesRead)) return letGo(one);
    const waiting = socket.writableLength;
    const taken = socket.bytesWritten - waiting;
    if (waiting === 0) one.writing = null;
    else if (one.writing === null) one.writing = newPace(now, taken);
    else if (isTooSlow(one.writing, now, taken)) letGo(one);
  }

  let cursor = 0;
  let cancelSweep = () => {};
  function sweep(): void {
    const now = clock.monotonic();
    for (let left = Math.ceil(all.length * SWEEP_SHARE); left > 0; left -= 1) {
      cursor = cursor > 0 && cursor <= all.length ? cursor - 1 : all.length - 1;
      const one = all[cursor];
      // whoever goes is replaced by the last one, which was looked at before
      if (one !== undefined) look(one, now);
    }
    cancelSweep = clock.after(SWEEP_EVERY_MS, sweep);
  }

  return {
    opened,
    askedEarly(socket) {
      const one = heldOf(socket);
      if (one === undefined || isGone(one) || one.endedAt !== null || socket.destroyed) return false;
      if (socket.writableLength > 0) {
        // asks again and takes no answer
        letGo(one);
        return false;
      }
      one.asked += 1;
      one.quietSince = clock.monotonic();
      rest(one);
      return true;
    },
    handedOver(socket) {
      const one = heldOf(socket);
      if (one !== undefined) one.quietSince = null;
    },
    asked(socket, message) {
      const one = heldOf(socket);
      if (one === undefined || isGone(one) || one.endedAt !== null || socket.destroyed) return false;
      one.unanswered += 1;
      one.asked += 1;
      stir(one);
      if (one.unanswered > MOST_UNANSWERED) {
        letGo(one);
        return false;
      }
      if (!message.complete) one.reading = { message, ...newPace(clock.monotonic(), socket.bytesRead) };
      return true;
    },
    answered(socket) {
      const one = heldOf(socket);
      if (one === undefined) return;
      one.unanswered -= 1;
      if (one.unanswered === 0) rest(one);
    },
    refused(socket) {
      const one = heldOf(socket);
      return one === undefined ? 0 : (one.refused += 1);
    },
    prove(socket, holder) {
      const one = heldOf(socket);
      if (one === undefined || isGone(one) || (one.holder === null) === (holder === null)) return;
      if (holder !== null && countOf(perHolder, holder) >= PROVEN_PER_HOLDER) return;
      uncount(one);
      one.holder = holder;
      count(one);
      if (holder !== null) stir(one);
    },
    isProven: (socket) => (heldOf(socket)?.holder ?? null) !== null,
    isAlone: (socket) => heldOf(socket)?.unanswered === 1,
    count: (socket) => heldOf(socket)?.asked ?? 0,
    ended(socket) {
      const one = heldOf(socket);
      if (one !== undefined) one.endedAt ??= clock.monotonic();
    },
    open: () => all.length,
    start: sweep,
    stop() {
      cancelSweep();
      for (const one of all.filter(({ quietSince }) => quietSince !== null)) letGo(one);
    },
  };
}

function isSame(one: Uint8Array | null, other: Uint8Array): boolean {
  return one !== null && one.every((byte, at) => byte === other[at]);
}
