/**
 * What does the door know of the app? It is told over the control socket: who was revoked (the whole list first, then each
 * change), how many letters a second may be promised, how the operator set sign-up, and how mail, database and model are. Connects again whenever the door
 * is back. A list that can't be read is not sent, and the door gives no lane until it is: fails closed.
 */
import { connect, type Socket } from "node:net";
import type { Logger } from "pino";
import { toLine } from "#kit/ndjson.ts";
import { MINUTE_MS, SECOND_MS, type Clock } from "#kit/time.ts";
import type { ControlMessage } from "#contract/processes.ts";
import type { SignUpSetting } from "#contract/wire.ts";
import type { Epoch, Identity } from "#identity/identity.ts";

export type DoorHealth = Omit<Extract<ControlMessage, { kind: "health" }>, "kind">;
export type DoorControl = {
  /** To be called for each epoch that was raised, after it was committed. */
  revoked(epoch: Epoch): void;
  /** To be called when the operator set sign-up; it is told every second in any case. */
  signUpChanged(): void;
  start(): void;
  stop(): void;
};

const SECONDS_A_MINUTE = MINUTE_MS / SECOND_MS;
const CAPACITY_EVERY_MS = SECOND_MS;
const HEALTH_EVERY_MS = 2 * SECOND_MS;
/** The whole list once more, so that the door can let go of what no longer matters. */
const LIST_EVERY_MS = 10 * MINUTE_MS;
const FIRST_RETRY_MS = 50;
const MOST_RETRY_MS = SECOND_MS;
/** A door that is back knows no capacity until we have told it: newcomers would wait for us. */
const CONNECT_EVERY_MS = 100;

export function createDoorControl(parts: {
  /** Where the door listens. */
  socket: string;
  clock: Clock;
  log: Logger;
  identity: Pick<Identity, "revocations">;
  lettersPerSecond: () => number;
  health: () => Promise<DoorHealth>;
  signUp: () => SignUpSetting;
}): DoorControl {
  const { clock, log } = parts;
  const stopped = new AbortController();
  /** `meanwhile`: changes that came while the list was being read, which may or may not hold them. */
  type Door = { socket: Socket; meanwhile: Epoch[] | undefined };
  let door: Door | undefined;

  function tell(to: Socket, message: ControlMessage): void {
    if (!to.destroyed) to.write(toLine(message));
  }

  async function every(delayMs: number, to: Socket, work: () => Promise<void> | void): Promise<void> {
    while (!to.destroyed && !stopped.signal.aborted) {
      await work();
      await clock.sleep(delayMs, stopped.signal).catch(() => {});
    }
  }

  async function sendList(to: Door): Promise<void> {
    const { socket } = to;
    for (let retryMs = FIRST_RETRY_MS; !socket.destroyed && !stopped.signal.aborted; retryMs = Math.min(2 * retryMs, MOST_RETRY_MS)) {
      to.meanwhile = [];
      const epochs = await parts.identity.revocations().catch((error: unknown) => {
        log.warn({ err: error }, "the list of revocations could not be read; the door gives no lane until it can");
        return undefined;
      });
      if (epochs !== undefined) {
        tell(socket, { kind: "revoked", epochs: epochs.map(([accountId, epoch]) => [accountId, epoch]), complete: true });
        for (const epoch of to.meanwhile) tellRevoked(socket, epoch);
        to.meanwhile = undefined;
        return;
      }
      await clock.sleep(retryMs, stopped.signal).catch(() => {});
    }
  }

  function tellRevoked(to: Socket, [accountId, epoch]: Epoch): void {
    tell(to, { kind: "revoked", epochs: [[accountId, epoch]], complete: false });
  }

  /** How sign-up is set, and how many letters may be promised then. */
  function tellPace(to: Socket): void {
    const setting = parts.signUp();
    const mostPerSecond = (setting.lettersPerMinute ?? Number.POSITIVE_INFINITY) / SECONDS_A_MINUTE;
    tell(to, { kind: "sign-up-mode", ...setting });
    tell(to, { kind: "capacity", lettersPerSecond: Math.min(parts.lettersPerSecond(), mostPerSecond) });
  }

  function open(): void {
    if (stopped.signal.aborted) return;
    const socket = connect({ path: parts.socket });
    socket.on("connect", () => {
      const here: Door = { socket, meanwhile: undefined };
      door = here;
      void every(LIST_EVERY_MS, socket, () => sendList(here));
      void every(CAPACITY_EVERY_MS, socket, () => tellPace(socket));
      void every(HEALTH_EVERY_MS, socket, async () => tell(socket, { kind: "health", ...(await parts.health()) }));
    });
    // the door says nothing here; reading is what shows that it is gone
    socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => {
      if (door?.socket === socket) door = undefined;
      clock.after(CONNECT_EVERY_MS, open);
    });
  }

  return {
    revoked(epoch) {
      door?.meanwhile?.push(epoch);
      if (door !== undefined) tellRevoked(door.socket, epoch);
    },
    signUpChanged() {
      if (door !== undefined) tellPace(door.socket);
    },
    start: open,
    stop() {
      stopped.abort(new Error("Holdfast stops"));
      door?.socket.end();
    },
  };
}
