/**
 * What is the app made of? The one place that knows all its modules: makes them, wires routes to them, starts them in order and
 * ends them in order. A database that is not there yet, or goes away, ends nothing: starting waits for it, requests are
 * answered `app-down`, and everything works again when it is back.
 */
import { pino, type Logger } from "pino";
import { systemDice } from "#kit/dice.ts";
import { SECOND_MS, systemClock } from "#kit/time.ts";
import type { AppBoot, AppPurpose, FromChild, KeysOf } from "#contract/processes.ts";
import { createAssistant } from "#assistant/assistant.ts";
import { createEgress } from "#egress/egress.ts";
import { createHashLine, createIdentity, offerFirstOperatorLink } from "#identity/identity.ts";
import { createDomainGuard, createMail } from "#mail/mail.ts";
import { createOperator } from "#operator/operator.ts";
import { answers, isConnectionLoss, openPool } from "#store/store.ts";
import { LOG_SERIALIZERS } from "./app-log.ts";
import { chatHandlers } from "./chat-routes.ts";
import { createDoorControl, type DoorControl } from "./door-control.ts";
import { egressHandlers } from "./egress-routes.ts";
import { eventsHandlers } from "./events-route.ts";
import { createHttp } from "./http.ts";
import { listen, type Listening } from "./listen.ts";
import { createLiveStreams } from "./live-streams.ts";
import { mailHandlers } from "./mail-routes.ts";
import { modelHandlers } from "./model-routes.ts";
import { operatorHandlers } from "./operator-routes.ts";
import { registrationHandlers } from "./registration-routes.ts";
import { webFileHandlers } from "./web-files.ts";

export type App = {
  /** Resolves when it takes requests; waits for the database as long as it takes. */
  start(): Promise<{ firstOperatorToken?: string }>;
  useKeys(keys: Partial<KeysOf<AppPurpose>>): void;
  stop(): Promise<void>;
};

/** Few: PostgreSQL's own work is the limit, and each connection costs it memory. They are opened as they are needed. */
const CONNECTIONS = 16;
const DATABASE_ANSWERS_WITHIN_MS = 1_500;
const REQUESTS_END_WITHIN_MS = 2 * SECOND_MS;
const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = SECOND_MS;
const WEB_FOLDER = new URL("../../web/dist/", import.meta.url);

export function createApp(boot: AppBoot, tell: (message: FromChild) => void): App {
  const [clock, dice] = [systemClock, systemDice];
  const log = pino({ level: boot.logLevel, base: { part: "app" }, serializers: LOG_SERIALIZERS });
  const sql = openPool(boot.database, { connections: CONNECTIONS, name: "app" });
  const stopping = new AbortController();
  let { keys } = boot;

  const mail = createMail({
    sql,
    clock,
    dice,
    log,
    keys: () => keys,
    smtpUrl: boot.smtpUrl,
    mailFrom: boot.mailFrom,
    publicUrl: boot.publicUrl,
    lettersPerSecond: boot.lettersPerSecond,
    unprovenPerHour: boot.unprovenLettersPerHour ?? undefined,
    disposable: boot.disposableDomains,
    mailboxOpen: boot.mailboxTokenSha256 !== null,
    withAccount: (addresses) => identity.withAccount(addresses),
  });
  const domains = createDomainGuard({
    clock,
    disposable: boot.disposableDomains,
    checkDomains: boot.checkMailDomains && boot.smtpUrl !== null,
  });
  const hashLine = createHashLine({ sockets: boot.sockets.hashers, clock });
  const identity = createIdentity({
    sql,
    clock,
    dice,
    log,
    keys: () => keys,
    mail,
    domains,
    hashLine,
    onEnded({ epoch, sessionIds }) {
      door.revoked(epoch);
      for (const sessionId of sessionIds) streams.endSession(sessionId);
    },
  });
  const egress = createEgress({ sql, clock, dice, log, destinations: [] });
  const { chat, models } = createAssistant({
    sql,
    clock,
    dice,
    log,
    egress,
    settings: boot.model,
    dataDir: boot.dataDir,
    socket: boot.sockets.model,
    wantModel: onChange((wanted: boolean) => tell({ kind: "want-model", wanted })),
  });

  let pinging: Promise<boolean> | undefined;
  async function databaseAnswers(): Promise<boolean> {
    pinging ??= answers(sql).finally(() => (pinging = undefined));
    return Promise.race([pinging, clock.sleep(DATABASE_ANSWERS_WITHIN_MS).then(() => false)]);
  }
  const door: DoorControl = createDoorControl({
    socket: boot.sockets.door,
    clock,
    log,
    identity,
    lettersPerSecond: () => mail.capacity(),
    signUp: () => operator.signUp(),
    health: async () => ({ ...mail.health(), database: (await databaseAnswers()) ? "working" : "failing", model: models.health() }),
  });

  const operator = createOperator({ sql, clock, log, onSignUp: () => door.signUpChanged() });
  const streams = createLiveStreams({ identity, clock, log });
  const handlers = {
    ...registrationHandlers({
      identity,
      signUp: () => operator.signUp(),
      readMailbox: () => mail.readMailbox(),
      stopLetters: (token, stop) => mail.stopLetters(token, stop),
      mailboxTokenSha256: boot.mailboxTokenSha256,
      onSignOut: (sessionId) => streams.endSession(sessionId),
    }),
    ...chatHandlers({ chat }),
    ...eventsHandlers({ chat, streams, clock }),
    ...modelHandlers({ models }),
    ...operatorHandlers({ operator }),
    ...mailHandlers({ mail: mail.forOperator }),
    ...egressHandlers({ egress }),
    ...webFileHandlers(WEB_FOLDER),
  };
  const answer = createHttp({ identity, handlers, publicUrl: boot.publicUrl, doorSecret: boot.doorSecret, dice, log });
  let listening: Listening | undefined;

  return {
    async start() {
      const step = <Result>(what: string, work: () => Promise<Result>) => untilDatabase(what, work, log, stopping.signal);
      const token = boot.offerFirstOperator
        ? await step("the first operator's link", () => offerFirstOperatorLink(sql, dice, clock.now()))
        : undefined;
      await step("the ledger", () => egress.start(stopping.signal));
      await step("the models", () => models.start());
      // before anybody can ask: it marks what a killed process left running
      await step("the chat", () => chat.start());
      await step("mail", () => mail.start());
      await step("the operator's levers", () => operator.start());
      identity.start();
      streams.start();
      listening = await listen(answer, boot.sockets.app, clock);
      door.start();
      return token === undefined ? {} : { firstOperatorToken: token };
    },
    useKeys(changed) {
      keys = { ...keys, ...changed };
    },
    async stop() {
      stopping.abort(new Error("Holdfast stops"));
      // streams first: they are requests that would not end by themselves
      streams.stop();
      const closed = listening?.close(REQUESTS_END_WITHIN_MS);
      await chat.stop();
      await closed;
      door.stop();
      await Promise.all([models.stop(), mail.stop()]);
      operator.stop();
      identity.stop();
      hashLine.stop();
      await sql.end({ timeout: 2 });
    },
  };
}

/** Does `work` again while the database can't be reached. */
async function untilDatabase<Result>(what: string, work: () => Promise<Result>, log: Logger, signal: AbortSignal): Promise<Result> {
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, MOST_RETRY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionLoss(error) || signal.aborted) throw error;
      log.warn({ err: error, waiting: what }, "the database can't be reached yet; it is tried again");
      await systemClock.sleep(retryMs, signal).catch(() => {});
    }
  }
}

/** Calls `work` only when the value is another one than before. */
function onChange<Value>(work: (value: Value) => void): (value: Value) => void {
  let last: Value | undefined;
  return (value) => {
    if (value === last) return;
    last = value;
    work(value);
  };
}
