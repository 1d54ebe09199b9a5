/**
 * How does the app get a password hashed? It keeps the bounded line and hands one job at a time to each hasher over its
 * socket. A hasher that dies costs nobody anything but time: its job goes back to the front, the connection is made again.
 * A full line, or ten seconds without a turn, is answered `too-busy`.
 */
import { connect, type Socket } from "node:net";
import { createLineReader, toLine } from "#kit/ndjson.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import type { HashAnswer, HashRequest } from "#contract/processes.ts";
import { emptyQueue, hasRoom, join, leave, rejoin, retryAfterMs, takeNext, type HashLane, type HashQueue } from "./core/hash-queue.ts";

export type TooBusy = { tag: "too-busy"; retryAfterMs: number };

export type HashLine = {
  /** The PHC string of a password. */
  hash(password: string, lane: HashLane): Promise<Outcome<string, TooBusy>>;
  /** Whether the password belongs to the PHC string. */
  verify(password: string, phc: string, lane: HashLane): Promise<Outcome<boolean, TooBusy>>;
  /** Ask before something is spent that a full line would waste. */
  room(lane: HashLane): Outcome<true, TooBusy>;
  stop(): void;
};

type Question = { kind: "hash"; password: string } | { kind: "verify"; password: string; phc: string };
type Job = {
  question: Question;
  /** How often a hasher died under it. */
  deaths: number;
  settled: boolean;
  settle(answer: HashAnswer | undefined): void;
};
type Hasher = { socket: Socket | undefined; working: { lane: HashLane; job: Job; id: number; since: number } | undefined };

const PATIENCE_MS = 10 * SECOND_MS;
const DEATHS_PER_JOB = 3;
const RECONNECT_MS = { first: 20, most: 1_000 };

export function createHashLine({ sockets, clock }: { sockets: readonly string[]; clock: Clock }): HashLine {
  let queue: HashQueue<Job> = emptyQueue();
  let stopped = false;
  let lastId = 0;
  // measured: exponentially weighted, starts at what an idle core needs
  let jobMs = 25;
  const hashers = sockets.map((path) => keepConnected(path));

  function keepConnected(path: string): Hasher {
    const hasher: Hasher = { socket: undefined, working: undefined };
    let delayMs = RECONNECT_MS.first;
    const open = () => {
      if (stopped) return;
      const socket = connect(path);
      const read = createLineReader();
      socket.setEncoding("utf8");
      socket.on("connect", () => {
        delayMs = RECONNECT_MS.first;
        hasher.socket = socket;
        work();
      });
      socket.on("data", (chunk: string) => {
        try {
          for (const answer of read(chunk)) finish(hasher, answer as HashAnswer);
        } catch {
          socket.destroy();
        }
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        hasher.socket = undefined;
        const cut = hasher.working;
        hasher.working = undefined;
        if (cut !== undefined) tryAgain(cut.lane, cut.job);
        work();
        clock.after(delayMs, open);
        delayMs = Math.min(RECONNECT_MS.most, delayMs * 2);
      });
    };
    open();
    return hasher;
  }

  function work(): void {
    for (const hasher of hashers) {
      if (hasher.socket === undefined || hasher.working !== undefined) continue;
      const next = takeNext(queue);
      if (next === undefined) return;
      queue = next.queue;
      const id = ++lastId;
      hasher.working = { lane: next.lane, job: next.job, id, since: clock.monotonic() };
      hasher.socket.write(toLine({ id, ...next.job.question } satisfies HashRequest));
    }
  }

  function tryAgain(lane: HashLane, job: Job): void {
    job.deaths += 1;
    if (job.deaths > DEATHS_PER_JOB) job.settle(undefined);
    else if (!job.settled) queue = rejoin(queue, lane, job);
  }

  function finish(hasher: Hasher, answer: HashAnswer): void {
    const done = hasher.working;
    if (done?.id !== answer.id) return;
    hasher.working = undefined;
    jobMs = 0.9 * jobMs + 0.1 * (clock.monotonic() - done.since);
    done.job.settle(answer);
    work();
  }

  const busy = (): TooBusy => ({ tag: "too-busy", retryAfterMs: retryAfterMs(queue, jobMs, sockets.length) });
  const room = (lane: HashLane): Outcome<true, TooBusy> => (hasRoom(queue, lane) && !stopped ? succeed(true) : fail(busy()));

  function ask(question: Question, lane: HashLane): Promise<Outcome<HashAnswer, TooBusy>> {
    const free = room(lane);
    if (!free.ok) return Promise.resolve(free);
    return new Promise((resolve) => {
      const job: Job = {
        question,
        deaths: 0,
        settled: false,
        settle(answer) {
          if (job.settled) return;
          job.settled = true;
          cancel();
          resolve(answer === undefined ? fail(busy()) : succeed(answer));
        },
      };
      const cancel = clock.after(PATIENCE_MS, () => {
        queue = leave(queue, lane, job);
        job.settle(undefined);
      });
      queue = join(queue, lane, job);
      work();
    });
  }

  return {
    room,
    async hash(password, lane) {
      const answer = await ask({ kind: "hash", password }, lane);
      if (!answer.ok) return answer;
      if (answer.value.kind !== "hashed") throw new Error("the hasher answered another question");
      return succeed(answer.value.phc);
    },
    async verify(password, phc, lane) {
      const answer = await ask({ kind: "verify", password, phc }, lane);
      return answer.ok ? succeed(answer.value.kind === "verified" && answer.value.match) : answer;
    },
    stop() {
      stopped = true;
      for (const hasher of hashers) hasher.socket?.destroy();
      for (let next = takeNext(queue); next !== undefined; next = takeNext(queue)) {
        queue = next.queue;
        next.job.settle(undefined);
      }
    },
  };
}
