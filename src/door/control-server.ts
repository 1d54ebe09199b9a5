/**
 * What does the app tell the door? NDJSON on the door's control socket, from one app at a time; the newest connection counts.
 * Silence makes what was told untrue: capacity after ten seconds (fails closed), revocations with the connection (fails
 * closed: no lane), health after ten seconds (said as unknown). How the operator set sign-up holds until something else is told.
 */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createLineReader } from "#kit/ndjson.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { ControlMessage } from "#contract/processes.ts";
import { SIGN_UP_UNSET, type Health, type SignUpSetting } from "#contract/wire.ts";

export type Told = {
  health(): Health | null;
  lettersPerSecond(): number | null;
  /** How the operator set sign-up, as told last; open while nobody has told. */
  signUp(): SignUpSetting;
  /** The lowest session epoch that still counts, by account; undefined while the app has not told. */
  revoked(): ReadonlyMap<string, number> | undefined;
};
export type ControlServer = Told & { listen(): Promise<void>; close(): void };

const TRUE_FOR_MS = 10 * SECOND_MS;
/** A list of revocations is 60 bytes an account and holds those of a year. */
const LINE_LIMIT_BYTES = 64 * 1024 * 1024;

type Dated<Value> = { value: Value; at: number };

export function createControlServer({ socket: path, clock }: { socket: string; clock: Clock }): ControlServer {
  let app: Socket | undefined;
  let capacity: Dated<number> | undefined;
  let health: Dated<Health> | undefined;
  let revoked: Map<string, number> | undefined;
  let signUp = SIGN_UP_UNSET;
  const server: Server = createServer(take);

  function take(socket: Socket): void {
    app?.destroy();
    app = socket;
    revoked = undefined;
    const read = createLineReader(LINE_LIMIT_BYTES);
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      try {
        for (const message of read(chunk)) hear(message as ControlMessage);
      } catch {
        socket.destroy();
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (app !== socket) return;
      app = undefined;
      revoked = undefined;
    });
  }

  function hear(message: ControlMessage): void {
    const at = clock.monotonic();
    switch (message.kind) {
      case "capacity":
        capacity = { value: Math.max(0, Number(message.lettersPerSecond) || 0), at };
        break;
      case "health": {
        const { kind: _, ...value } = message;
        health = { value, at };
        break;
      }
      case "sign-up-mode": {
        const { kind: _, ...setting } = message;
        signUp = setting;
        break;
      }
      case "revoked": {
        // a change before the whole list says nothing about all the others
        if (message.complete) revoked = new Map(message.epochs);
        else for (const [accountId, epoch] of message.epochs) revoked?.set(accountId, epoch);
        break;
      }
      default:
        message satisfies never;
    }
  }

  const fresh = <Value>(told: Dated<Value> | undefined): Value | null =>
    told !== undefined && clock.monotonic() - told.at < TRUE_FOR_MS ? told.value : null;

  return {
    health: () => fresh(health),
    lettersPerSecond: () => fresh(capacity),
    revoked: () => revoked,
    signUp: () => signUp,
    listen: () =>
      new Promise((resolve, reject) => {
        rmSync(path, { force: true });
        server.once("error", reject);
        server.listen(path, () => resolve());
      }),
    close() {
      app?.destroy();
      server.close();
    },
  };
}
