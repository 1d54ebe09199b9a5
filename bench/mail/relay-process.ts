/**
 * What does a relay of the bench do? Speaks SMTP over a plain socket, fails as it is told, and writes down at once what it
 * saw of each letter, so that a kill loses nothing of it. Without a journal it only counts: then it is the fast sink.
 */
import { openSync, writeSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { answerParent } from "../door/messages.ts";
import type { Fault, Stage } from "./fault.ts";
import type { Mark } from "./tally.ts";

export type RelayTask = { relay: Mark["relay"]; journal: string | null; startTls: boolean };
/** `at`: when each letter was taken (ms since 1970). `newest`: the last one as it came. */
export type SinkReport = { at: number[]; newest: string };

const END = "\r\n.\r\n";
/** Of a letter that is dropped half-way. */
const DROP_AFTER_BYTES = 400;

let task: RelayTask = { relay: "A", journal: null, startTls: false };
let journal: number | undefined;
let fault: Fault | null = null;
let listener: Server | undefined;
let port = 0;
let newest = "";
const at: number[] = [];
const sockets = new Set<Socket>();
const firstTries = new Map<string, number>();

answerParent({
  open(given: RelayTask) {
    task = given;
    journal = task.journal === null ? undefined : openSync(task.journal, "a", 0o600);
    return listen();
  },
  fault(given: Fault | null) {
    fault = given;
    if (fault?.kind === "refuse") {
      listener?.close();
      listener = undefined;
    }
    // a fault of new sessions shows itself only when the old ones are gone
    if (fault !== null && concernsNewSessions(fault)) for (const socket of sockets) socket.destroy();
    return listener === undefined && fault?.kind !== "refuse" ? listen() : port;
  },
  count: () => at.length,
  report: (): SinkReport => ({ at, newest }),
  forget() {
    at.length = 0;
  },
});

function listen(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer(converse);
    listener = server;
    server.listen(port, "127.0.0.1", () => {
      port = (server.address() as AddressInfo).port;
      resolve(port);
    });
  });
}

function concernsNewSessions(one: Fault): boolean {
  if (one.kind === "hang" || one.kind === "reply") return one.at === "banner" || one.at === "ehlo";
  return one.kind === "slow-banner" || one.kind === "broken-tls" || one.kind === "refuse";
}

function write(mark: Omit<Mark, "relay" | "at">): void {
  if (journal !== undefined) writeSync(journal, `${JSON.stringify({ relay: task.relay, at: Date.now(), ...mark } satisfies Mark)}\n`);
}

function converse(socket: Socket): void {
  let text = "";
  let inLetter = false;
  let deaf = false;
  let to = "";
  let answers = Promise.resolve();

  /** Answers go out in order, however long one of them takes. `said` runs when it is on its way. */
  function answer(stage: Stage | "other", words: string, said = () => {}): void {
    answers = answers.then(() => reply(stage, words, said));
  }

  async function reply(stage: Stage | "other", words: string, said: () => void): Promise<void> {
    if (deaf) return;
    const now = fault;
    if (now?.kind === "hang" && now.at === stage) {
      deaf = true;
      return;
    }
    if (now?.kind === "tarpit") {
      deaf = true;
      const code = /^\d{3}/.exec(words)?.[0] ?? "250";
      const timer = setInterval(() => socket.write(`${code}-go on waiting\r\n`), now.everyMs);
      socket.once("close", () => clearInterval(timer));
      return;
    }
    const delayMs = now?.kind === "slow" || (now?.kind === "slow-banner" && stage === "banner") ? now.delayMs : 0;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (socket.destroyed || !socket.writable) return;
    const refusal = refusalOf(now, stage);
    if (refusal !== undefined) {
      if (stage !== "banner") write({ what: "refused", to, stage });
      socket.write(`${refusal}\r\n`);
      if (stage === "banner") socket.end();
      return;
    }
    socket.write(`${words}\r\n`);
    said();
  }

  function refusalOf(now: Fault | null, stage: Stage | "other"): string | undefined {
    if (now?.kind === "reply" && now.at === stage && (now.onlyTo === undefined || to.startsWith(now.onlyTo)))
      return `${now.status} ${now.enhanced} not here`;
    if (now?.kind !== "greylist" || stage !== "rcpt") return undefined;
    const first = firstTries.get(to);
    if (first === undefined) firstTries.set(to, Date.now());
    return first === undefined || Date.now() - first < now.afterMs ? "450 4.2.0 greylisted, come again" : undefined;
  }

  function hear(line: string): void {
    const word = line.slice(0, 4).toUpperCase();
    if (word === "EHLO") answer("ehlo", task.startTls ? "250-relay\r\n250-STARTTLS\r\n250 8BITMIME" : "250-relay\r\n250 8BITMIME");
    else if (word === "MAIL") answer("mail", "250 ok");
    else if (word === "RCPT") {
      to = /<([^>]*)>/.exec(line)?.[1]?.toLowerCase() ?? "";
      write({ what: "recipient", to });
      answer("rcpt", "250 ok");
    } else if (word === "DATA") {
      const whose = to;
      answer("data", "354 go on", () => {
        inLetter = true;
        write({ what: "content", to: whose });
      });
    } else if (word === "STAR") {
      socket.write("220 go on\r\n");
      socket.write("this is no TLS at all\r\n");
      deaf = true;
    } else if (word === "QUIT") {
      answer("other", "221 bye");
      answers = answers.then(() => void socket.end());
    } else answer("other", "250 ok");
  }

  function keep(letter: string): void {
    const id = journal === undefined ? "" : (/^message-id:\s*(\S+)/im.exec(letter)?.[1] ?? "");
    const whose = to;
    newest = letter;
    write({ what: "stored", to: whose, id });
    answer("letter", "250 kept", () => {
      at.push(Date.now());
      write({ what: "accepted", to: whose, id });
    });
  }

  sockets.add(socket);
  socket.setEncoding("latin1").on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
  socket.on("data", (chunk: string) => {
    text += chunk;
    while (!deaf) {
      if (inLetter && fault?.kind === "drop" && text.length > DROP_AFTER_BYTES) {
        write({ what: "dropped", to });
        socket.destroy();
        return;
      }
      const mark = inLetter ? END : "\r\n";
      const end = text.indexOf(mark);
      if (end < 0) return;
      const piece = text.slice(0, end);
      text = text.slice(end + mark.length);
      if (inLetter) {
        inLetter = false;
        keep(piece);
      } else hear(piece);
    }
  });
  answer("banner", "220 relay");
}
