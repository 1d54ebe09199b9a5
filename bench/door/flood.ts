/**
 * How is a server flooded honestly? Open loop: requests are due at their time whether or not the ones before were answered;
 * what could not be sent is counted and never made up for later. With `rate` null in a closed loop, as fast as both can.
 * Each network has connections of its own; a connection asks one thing at a time.
 */
import { connect, type Socket } from "node:net";
import type { Answered, Shot } from "./shots.ts";

export type FloodOptions = {
  port: number;
  /** Per second; null: each of `connections` asks again as soon as it was answered. */
  rate: number | null;
  connections: number;
  prefixes: number;
  addressOf: (prefix: number, turn: number) => string;
  shot: (n: number) => Shot;
  /** A host asks so often before the next one of its network does. */
  requestsPerHost: number;
};

export type FloodCounts = {
  /** Due by the clock (open loop only). */
  offered: number;
  /** Requests put on the wire, follow-ups included. */
  sent: number;
  /** Answers by status. */
  answered: Record<string, number>;
  /** Connections that ended with a request unanswered. */
  cut: number;
  timedOut: number;
  /** Due but not sent, because every connection still waited for its answer: the server's doing. */
  stuck: number;
  /** Due but not sent, because the generator came too late: this machine's doing. */
  late: number;
  connects: number;
};

export type Flood = { counts: FloodCounts; start(): void; stop(): void };

type Connection = {
  socket: Socket;
  prefix: number;
  asked: number;
  /** 0: waiting for nothing. */
  askedAt: number;
  shot: Shot | undefined;
  partial: string;
  gone: boolean;
};

const ANSWER_WITHIN_MS = 10_000;
const TICK_MS = 1;
/** A generator that fell behind sends no burst that nobody asked for. */
const MOST_AT_ONCE_MS = 100;
const READ_BYTES = 65_536;

export function createFlood(options: FloodOptions): Flood {
  const { port, prefixes, rate } = options;
  const counts: FloodCounts = { offered: 0, sent: 0, answered: {}, cut: 0, timedOut: 0, stuck: 0, late: 0, connects: 0 };
  const open = new Set<Connection>();
  const idle: Connection[][] = Array.from({ length: prefixes }, () => []);
  const turns = new Uint32Array(prefixes);
  // one buffer for all: each chunk is read out before the next comes
  const chunk = Buffer.allocUnsafe(READ_BYTES);
  let running = false;
  let shots = 0;
  let startedAt = 0;
  let timers: NodeJS.Timeout[] = [];

  function dial(prefix: number): Connection {
    turns[prefix] = (turns[prefix] ?? 0) + 1;
    counts.connects += 1;
    const socket = connect({
      port,
      host: "127.0.0.1",
      localAddress: options.addressOf(prefix, turns[prefix] ?? 0),
      noDelay: true,
      onread: {
        buffer: chunk,
        callback(bytes) {
          take(connection, chunk.toString("latin1", 0, bytes));
          return true;
        },
      },
    });
    const connection: Connection = { socket, prefix, asked: 0, askedAt: 0, shot: undefined, partial: "", gone: false };
    open.add(connection);
    socket.on("error", () => {});
    socket.on("close", () => {
      open.delete(connection);
      if (connection.askedAt > 0) counts.cut += 1;
      const wasAsking = connection.askedAt > 0 || !connection.gone;
      connection.askedAt = 0;
      connection.gone = true;
      if (running && rate === null && wasAsking) fire(dial(prefix));
    });
    return connection;
  }

  function send(connection: Connection, bytes: Buffer): void {
    connection.askedAt = performance.now();
    connection.asked += 1;
    connection.partial = "";
    counts.sent += 1;
    connection.socket.write(bytes);
  }

  function fire(connection: Connection): void {
    const shot = options.shot(shots++);
    connection.shot = shot;
    send(connection, shot.bytes);
  }

  function take(connection: Connection, text: string): void {
    if (connection.askedAt === 0) return;
    const answered = readAnswer(connection.partial === "" ? text : connection.partial + text);
    if (answered === undefined) {
      connection.partial += text;
      return;
    }
    counts.answered[answered.status] = (counts.answered[answered.status] ?? 0) + 1;
    connection.askedAt = 0;
    const next = running ? connection.shot?.follow?.(answered) : undefined;
    const closing = /\r\nconnection: close/i.test(answered.head);
    if (next !== undefined && !closing) {
      connection.shot = undefined;
      send(connection, next);
      return;
    }
    if (closing || connection.asked >= options.requestsPerHost) {
      connection.gone = true;
      connection.socket.destroy();
      if (next !== undefined) {
        const other = dial(connection.prefix);
        send(other, next);
      } else if (running && rate === null) fire(dial(connection.prefix));
      return;
    }
    if (running && rate === null) fire(connection);
    else idle[connection.prefix]?.push(connection);
  }

  /** Sends the next request from the next network, on a connection that waits for nothing or on a new one. */
  function sendDue(): void {
    const prefix = (shots * 7) % prefixes;
    const waiting = idle[prefix] ?? [];
    let connection = waiting.pop();
    while (connection?.gone === true) connection = waiting.pop();
    if (connection === undefined && open.size < options.connections) connection = dial(prefix);
    if (connection === undefined) {
      shots += 1;
      counts.stuck += 1;
    } else fire(connection);
  }

  function tick(perSecond: number): void {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond) - counts.offered;
    const now = Math.min(due, Math.ceil((perSecond * MOST_AT_ONCE_MS) / 1_000));
    counts.offered += due;
    counts.late += due - now;
    for (let sent = 0; sent < now; sent++) sendDue();
  }

  function dropLate(): void {
    const before = performance.now() - ANSWER_WITHIN_MS;
    for (const connection of open) {
      if (connection.askedAt === 0 || connection.askedAt > before) continue;
      counts.timedOut += 1;
      connection.askedAt = 0;
      connection.gone = true;
      connection.socket.destroy();
      if (running && rate === null) fire(dial(connection.prefix));
    }
  }

  return {
    counts,
    start() {
      running = true;
      startedAt = performance.now();
      if (rate === null) for (let index = 0; index < options.connections; index++) fire(dial(index % prefixes));
      else timers.push(setInterval(() => tick(rate), TICK_MS));
      timers.push(setInterval(dropLate, 500));
    },
    stop() {
      running = false;
      for (const timer of timers) clearInterval(timer);
      timers = [];
      for (const connection of open) {
        connection.askedAt = 0;
        connection.gone = true;
        connection.socket.destroy();
      }
    },
  };
}

/** `undefined` while it is not whole. */
function readAnswer(text: string): Answered | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const status = Number(text.slice(9, 12));
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const body = text.slice(end + 4);
  if (length !== undefined) return body.length < Number(length) ? undefined : { status, head, body };
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return body.endsWith("0\r\n\r\n") ? { status, head, body } : undefined;
  return { status, head, body };
}
