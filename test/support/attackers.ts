/**
 * How does somebody behave who means harm, and does a member notice? Connections byte by byte, from any network of 127/8, and a
 * member who asks all the while.
 */
import assert from "node:assert/strict";
import { Agent, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { COOKIES } from "#contract/cookies.ts";
import { mintPass } from "#contract/tokens.ts";
import { doorKeys, type RootKey, type TestDoor } from "./door.ts";

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A request's head, with a Host. */
export function head(request: string, ...headers: string[]): string {
  return [`${request} HTTP/1.1`, "Host: x", ...headers, "", ""].join("\r\n");
}

export type Talk = {
  socket: Socket;
  /** Everything that came back, a character per byte. */
  text(): string;
  statuses(): number[];
  send(bytes: string | Uint8Array): void;
  hangUp(): void;
  until(expected: RegExp, withinMs?: number): Promise<void>;
  /** Ms from the connection to its end. Fails when it lives longer than `withinMs`. */
  closed(withinMs?: number): Promise<number>;
};

/** `from`: an address of 127/8. `reads: false`: takes nothing of what comes back. */
export function talkTo(port: number, { from = "127.0.0.1", reads = true }: { from?: string; reads?: boolean } = {}): Talk {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  let text = "";
  socket.setNoDelay(true);
  if (reads) socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  else socket.pause();
  socket.on("error", () => {});
  let connectedAt = performance.now();
  socket.once("connect", () => (connectedAt = performance.now()));
  const ended = new Promise<number>((resolve) => void socket.once("close", () => resolve(performance.now() - connectedAt)));
  return {
    socket,
    text: () => text,
    statuses: () => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
    send: (bytes) => void (typeof bytes === "string" ? socket.write(bytes, "latin1") : socket.write(bytes)),
    hangUp: () => void socket.destroy(),
    async until(expected, withinMs = 5_000) {
      for (const limit = performance.now() + withinMs; !expected.test(text); await pause(5)) {
        if (performance.now() > limit || socket.destroyed) assert.match(text.slice(0, 2_000), expected);
      }
    },
    async closed(withinMs = 5_000) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), withinMs)));
      const lived = await Promise.race([ended, late]);
      clearTimeout(timer);
      return lived ?? assert.fail(`the connection is open after ${Math.round(performance.now() - connectedAt)} ms`);
    },
  };
}

export type Member = {
  /** What was asked since the last time, at least once: how often, and the longest that an answer took. Fails when one was not served. */
  served(): Promise<{ asked: number; slowestMs: number }>;
  leave(): void;
};

const ANSWERED_WITHIN_MS = 5_000;

/** Somebody signed in who asks every 25 ms, one thing after the other, on a connection of their own. */
export function memberAt(door: Pick<TestDoor, "port" | "tell">, root: RootKey): Member {
  door.tell({ kind: "revoked", epochs: [], complete: true });
  const now = Date.now();
  const pass = { accountId: "ada", role: "member", cohort: 1, sessionEpoch: 1, expiresAt: now + 3_600_000 } as const;
  const headers = { host: `localhost:${door.port}`, cookie: `${COOKIES.pass}=${mintPass(doorKeys(root).pass, now, pass)}` };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let [asked, slowestMs, left] = [0, 0, false];
  let fault: string | undefined;

  const once = () =>
    new Promise<void>((resolve) => {
      const from = performance.now();
      const done = (wrong: string | undefined) => {
        asked += 1;
        fault ??= wrong;
        slowestMs = Math.max(slowestMs, performance.now() - from);
        resolve();
      };
      const request = httpRequest({ agent, host: "127.0.0.1", port: door.port, path: "/api/me", headers }, (response) => {
        response.on("end", () => done(response.statusCode === 200 ? undefined : `was answered ${response.statusCode}`)).resume();
        response.on("error", (error) => done(error.message));
      });
      request.on("error", (error) => done(error.message));
      request.setTimeout(ANSWERED_WITHIN_MS, () => request.destroy(new Error("was not answered for five seconds"))).end();
    });
  void (async () => {
    for (await pause(50); !left; await pause(25)) await once();
  })();

  return {
    async served() {
      for (const limit = performance.now() + ANSWERED_WITHIN_MS; asked === 0 && performance.now() < limit;) await pause(5);
      assert.equal(fault, undefined, "a member's request beside the attack");
      assert.ok(asked > 0, "the member got to ask");
      const seen = { asked, slowestMs };
      [asked, slowestMs] = [0, 0];
      return seen;
    },
    leave() {
      left = true;
      agent.destroy();
    },
  };
}
