/**
 * How does a letter reach the relay? Sessions of nodemailer's SMTP connection, kept open while there is work; one
 * recipient per envelope, checked long before. TLS as the relay's URL says. The relay's own words never leave this file.
 * Names: nodemailer asks name servers by c-ares first; only names of the hosts file go through libuv's pool.
 */
import { Readable } from "node:stream";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Clock } from "#kit/time.ts";
import { attemptEnd, type SmtpError } from "./core/attempt-end.ts";
import { CONNECT_MS, IDLE_SESSION_MS, LETTERS_PER_SESSION, SILENCE_MS } from "./core/limits.ts";
import type { RelayAddress } from "./core/relay-url.ts";
import type { AttemptEnd, Stage } from "./core/verdict.ts";

export type Relay = {
  /** Hands over one message; ends within moments of `signal`'s abort. `onContent`: its bytes begin to go. */
  send(envelope: { from: string; to: string }, message: Buffer, signal: AbortSignal, onContent?: () => void): Promise<AttemptEnd>;
  /** Opens a session, or uses one that is open, and asks whether letters may come from `sender`. */
  probe(sender: string | undefined, signal: AbortSignal): Promise<AttemptEnd>;
  close(): void;
};

type Session = { connection: SMTPConnection; letters: number; stopIdling: () => void };
/** How a step of the conversation ended. `error` may be missing: then the connection just closed. */
type StepEnd = { ok: true } | { ok: false; error?: SmtpError };

const REPLY_BYTES = 64 * 1_024;
const ASK_SENDER = "ASK-SENDER";

/** `clientName` is how we introduce ourselves (EHLO); without one it is this machine's own name. */
export function createRelay(address: RelayAddress, parts: { clock: Clock; clientName?: string | undefined }): Relay {
  const { clock, clientName } = parts;
  /** At most as many as letters are ever underway at once. */
  const idle = new Set<Session>();

  async function open(signal: AbortSignal): Promise<Session | AttemptEnd> {
    const connection = new SMTPConnection({
      host: address.host,
      port: address.port,
      secure: address.tls === "implicit",
      requireTLS: address.tls === "required",
      ignoreTLS: address.tls === "never",
      tls: { minVersion: "TLSv1.2", rejectUnauthorized: address.checkCertificate },
      name: clientName,
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      dnsTimeout: CONNECT_MS / 2,
      socketTimeout: SILENCE_MS,
      maxResponseSize: REPLY_BYTES,
    });
    // a session that ends while nobody uses it is no news
    connection.on("error", () => {});
    let end = await step(connection, signal, (done) => connection.connect(done));
    const { login } = address;
    if (end.ok && login !== null) {
      end = connection.allowsAuth
        ? await step(connection, signal, (done) => connection.login({ user: login.user, pass: login.password }, done))
        : { ok: false, error: { code: "EAUTH" } };
    }
    if (end.ok) return { connection, letters: 0, stopIdling: () => {} };
    connection.close();
    return attemptEnd(end.error, "connecting");
  }

  /** Runs `work` in a session. One that died while it was idle is replaced: nothing of the letter was sent in it. */
  async function inSession(
    signal: AbortSignal,
    work: (session: Session) => Promise<{ end: AttemptEnd; lost: boolean }>,
  ): Promise<AttemptEnd> {
    for (;;) {
      const used = takeIdle();
      const session = used ?? (await open(signal));
      if ("tag" in session) return session;
      const { end, lost } = await work(session);
      if (used === undefined || !lost || signal.aborted) return end;
    }
  }

  async function send(
    envelope: { from: string; to: string },
    message: Buffer,
    signal: AbortSignal,
    onContent: () => void = () => {},
  ): Promise<AttemptEnd> {
    return inSession(signal, async (session) => {
      const { connection } = session;
      let stage: Stage = "envelope";
      const content = Readable.from(
        (function* () {
          stage = "content";
          onContent();
          yield message;
        })(),
      );
      const sent = await step(connection, signal, (done) =>
        connection.send({ from: envelope.from, to: [envelope.to], size: message.length }, content, done),
      );
      content.destroy();
      session.letters += 1;
      await keepOrClose(session, sent.ok, signal);
      return sent.ok ? { end: { tag: "taken" }, lost: false } : { end: attemptEnd(sent.error, stage), lost: isLost(sent.error, stage) };
    });
  }

  async function probe(sender: string | undefined, signal: AbortSignal): Promise<AttemptEnd> {
    return inSession(signal, async (session) => {
      const { connection } = session;
      if (sender === undefined) {
        connection.quit();
        return { end: { tag: "taken" }, lost: false };
      }
      connection.customAuth.set(ASK_SENDER, ({ sendCommand, resolve, reject }) => {
        sendCommand(`MAIL FROM:<${sender}>`, (_, { status }) => (status >= 200 && status < 300 ? resolve() : reject("refused")));
      });
      const asked = await step(connection, signal, (done) => connection.login({ method: ASK_SENDER, user: "-", pass: "-" }, done));
      await keepOrClose(session, false, signal);
      if (asked.ok) return { end: { tag: "taken" }, lost: false };
      return { end: senderAnswer(asked.error), lost: isLost(asked.error, "envelope") };
    });
  }

  function takeIdle(): Session | undefined {
    for (const session of [...idle].toReversed()) {
      idle.delete(session);
      session.stopIdling();
      if (!session.connection.destroyed) return session;
    }
    return undefined;
  }

  /** `clean`: the last letter was taken, so the session is ready for the next one; else it is reset first. */
  async function keepOrClose(session: Session, clean: boolean, signal: AbortSignal): Promise<void> {
    const { connection } = session;
    if (connection.destroyed || signal.aborted || session.letters >= LETTERS_PER_SESSION) return quit(connection);
    if (!clean && !(await step(connection, signal, (done) => connection.reset(done))).ok) return quit(connection);
    idle.add(session);
    session.stopIdling = clock.after(IDLE_SESSION_MS, () => {
      idle.delete(session);
      quit(connection);
    });
  }

  return {
    send,
    probe,
    close() {
      for (const session of idle) {
        session.stopIdling();
        quit(session.connection);
      }
      idle.clear();
    },
  };
}

/** Says goodbye; the library closes the socket a few seconds later whatever the relay does. */
function quit(connection: SMTPConnection): void {
  if (connection.destroyed) return;
  connection.quit();
  connection.close();
}

/** The library takes it for a failed sign-in. Silence here is the relay's own: no recipient was named. */
function senderAnswer(error: SmtpError | undefined): AttemptEnd {
  return error?.responseCode === undefined ? attemptEnd(error, "connecting") : attemptEnd({ ...error, command: "MAIL FROM" }, "envelope");
}

/** The session ended before the relay had anything of the letter, and not because it was slow. */
function isLost(error: SmtpError | undefined, stage: Stage): boolean {
  return (
    stage === "envelope" && (error === undefined || error.responseCode === 421 || error.code === "ECONNECTION" || error.code === "ESOCKET")
  );
}

/** One step: whichever comes first of its callback, the connection's error, its end, and the abort. */
function step(connection: SMTPConnection, signal: AbortSignal, run: (done: (error?: SmtpError | null) => void) => void): Promise<StepEnd> {
  return new Promise((resolve) => {
    const finish = (end: StepEnd) => {
      signal.removeEventListener("abort", onAbort);
      connection.off("error", onError);
      connection.off("end", onEnd);
      resolve(end);
    };
    const onError = (error: SmtpError) => finish({ ok: false, error });
    // the library may end the connection first and hand over the reason right after
    const onEnd = () => queueMicrotask(() => finish({ ok: false }));
    const onAbort = () => {
      connection.close();
      finish({ ok: false });
    };
    signal.addEventListener("abort", onAbort, { once: true });
    connection.on("error", onError);
    connection.on("end", onEnd);
    if (signal.aborted) onAbort();
    else run((error) => finish(error == null ? { ok: true } : { ok: false, error }));
  });
}
