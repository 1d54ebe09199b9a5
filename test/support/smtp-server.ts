/**
 * How does a test get a mail server? A second real process that speaks SMTP, keeps every letter that it took, and breaks
 * where it is told. Its refusals carry words that nobody but an operator's log of that server should ever see.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

type Afterwards = { after(work: () => Promise<void>): unknown };

/** In every refusal's text: must not be found in our rows, answers or log. */
export const RELAY_WORDS = "queue-7f3 at secret-host says no";

/** What goes wrong until it is told otherwise; `to` limits it to one recipient. */
export type SmtpFault =
  /** Nobody listens. */
  | { kind: "refuse" }
  | { kind: "reply"; at: "connect" | "sender" | "recipient" | "data"; status: number; enhanced?: string; to?: string }
  /** No answer at all. */
  | { kind: "hang"; at: "connect" | "sender" | "recipient" | "data"; to?: string }
  /** The connection breaks: in the middle of the letter, or when it is stored and not yet acknowledged. */
  | { kind: "drop"; at: "sender" | "recipient" | "content" | "stored"; to?: string }
  /** Each answer takes so long. */
  | { kind: "slow"; delayMs: number };

export type SmtpServerOptions = {
  port?: number;
  login?: { user: string; password: string };
  /** With a certificate that nobody trusts. */
  tls?: "starttls" | "implicit";
};

export type StoredLetter = { to: string[]; from: string; raw: string; at: number };

export type SmtpServer = {
  /** For SMTP_URL, with the login when there is one. */
  url: string;
  port: number;
  pid: number;
  /** Everything that was stored, oldest first. */
  letters(): Promise<StoredLetter[]>;
  /** How many connections were made. */
  connections(): Promise<number>;
  fault(fault: SmtpFault | null): Promise<void>;
  stop(): Promise<void>;
};

export type Command = { kind: "fault"; fault: SmtpFault | null } | { kind: "report" };
export type Report = { letters: StoredLetter[]; connections: number };

/** Starts the process; it ends after `t`. */
export async function startSmtpServer(t: Afterwards, options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const child = fork(fileURLToPath(new URL("./smtp-server-process.ts", import.meta.url)), [JSON.stringify(options)], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: [],
  });
  const stop = () => killChild(child);
  t.after(stop);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  let number = 0;
  const ask = (command: Command) =>
    new Promise<Report>((resolve) => {
      const id = (number += 1);
      const onMessage = (answer: { id: number; report: Report }) => {
        if (answer.id !== id) return;
        child.off("message", onMessage);
        resolve(answer.report);
      };
      child.on("message", onMessage);
      child.send({ id, command });
    });
  const { login } = options;
  const user = login === undefined ? "" : `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@`;
  return {
    url: `${options.tls === "implicit" ? "smtps" : "smtp"}://${user}127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    letters: async () => (await ask({ kind: "report" })).letters,
    connections: async () => (await ask({ kind: "report" })).connections,
    fault: async (fault) => void (await ask({ kind: "fault", fault })),
    stop,
  };
}

async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
