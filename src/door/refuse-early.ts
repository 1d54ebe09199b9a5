/**
 * Who is refused before node's parser costs anything? The listener's first look at the bytes of a connection. Whatever it does not
 * refuse goes on as it came, byte for byte, to the strict parser, and admission is decided there on what that read: nothing
 * gets in by this reading, so it can't be read differently to any avail. A connection that was handed over stays there.
 */
import type { Socket } from "node:net";
import type { Connections } from "./connections.ts";
import { readHead, type RawHead } from "./core/raw-head.ts";

/** The whole answer to whoever is refused, made once it is known whether it is the last here; undefined for everybody else. */
export type RefuseEarly = (socket: Socket, head: RawHead) => ((closes: boolean) => Buffer) | undefined;

export function createEarlyRefusals(parts: {
  connections: Connections;
  refuse: RefuseEarly;
  /** So many requests were answered on this connection that it ends. */
  isLast(socket: Socket): boolean;
  /** To the parser. */
  parse(socket: Socket): void;
}): (socket: Socket) => void {
  const { connections } = parts;

  /** Whether it was refused. What comes after a last answer is read by nobody. */
  function answer(socket: Socket, head: RawHead, hear: (chunk: Buffer) => void): boolean {
    const wire = parts.refuse(socket, head);
    if (wire === undefined) return false;
    if (!connections.askedEarly(socket)) return true;
    const closes = head.closes || head.hasBody || !head.isWhole || parts.isLast(socket);
    socket.write(wire(closes));
    if (!closes) return true;
    socket.off("data", hear).resume();
    // the kernel has the answer and nothing of the other side's is unread: it arrives also without a farewell
    if (head.isWhole && socket.writableLength === 0) socket.destroy();
    else {
      socket.end();
      connections.ended(socket);
    }
    return true;
  }

  return function look(socket: Socket): void {
    const hear = (chunk: Buffer) => {
      const head = readHead(chunk);
      if (head !== undefined && answer(socket, head, hear)) return;
      socket.off("data", hear).off("end", end).off("error", ignore);
      connections.handedOver(socket);
      socket.pause();
      socket.unshift(chunk);
      parts.parse(socket);
      process.nextTick(() => socket.resume());
    };
    const end = () => socket.destroy();
    connections.opened(socket);
    if (socket.destroyed) return;
    socket.on("data", hear).on("end", end).on("error", ignore);
  };
}

/** Whoever hung up needs no answer; the connection closes all the same. */
function ignore(): void {}
