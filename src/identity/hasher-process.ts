/**
 * Who hashes passwords? This process: argon2id at OWASP's parameters, one at a time, synchronously, at low priority, so
 * that no queue of hashes ever holds a file or a DNS look-up back. The bounded line in front is the app's (hash-line.ts).
 * Listens on its own socket; ends when the supervisor says so or is gone.
 */
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { hashSync, verifySync } from "@node-rs/argon2";
import { giveMemoryBack } from "#kit/heap.ts";
import { createLineReader, toLine } from "#kit/ndjson.ts";
import { systemClock } from "#kit/time.ts";
import type { FromChild, HashAnswer, HasherBoot, HashRequest, ToChild } from "#contract/processes.ts";

/** argon2id, 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A password of 256 characters, a PHC string, and JSON's escapes. */
const LINE_LIMIT = 16 * 1024;

const server = createServer((socket) => {
  const read = createLineReader(LINE_LIMIT);
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    try {
      for (const request of read(chunk)) answer(socket, request as HashRequest);
    } catch {
      socket.destroy();
    }
  });
});

function answer(socket: Socket, request: HashRequest): void {
  const reply: HashAnswer =
    request.kind === "hash"
      ? { id: request.id, kind: "hashed", phc: hashSync(request.password, PARAMETERS) }
      : { id: request.id, kind: "verified", match: matches(request.phc, request.password) };
  socket.write(toLine(reply));
}

/** A PHC string that can't be read matches nothing. */
function matches(phc: string, password: string): boolean {
  try {
    return verifySync(phc, password);
  } catch {
    return false;
  }
}

function start(boot: HasherBoot): void {
  setPriority(constants.priority.PRIORITY_LOW);
  giveMemoryBack(systemClock);
  // left behind by a process that was killed; nobody else listens here
  rmSync(boot.socket, { force: true });
  server.listen(boot.socket, () => process.send?.({ kind: "ready" } satisfies FromChild));
}

process.on("message", (message: ToChild) => {
  if (message.kind === "boot" && message.process === "hasher") start(message);
  if (message.kind === "stop") process.exit(0);
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C in a terminal reaches every process of the group: the supervisor decides the order
process.on("SIGINT", () => {});
