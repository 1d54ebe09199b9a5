/**
 * Which levers does the operator have, and how are they set? Sign-up for now: open, slow, only invited people, closed. Each
 * move is a row that stays (who, when, to what) and is undone by another move. How it is set now is known in memory, so that
 * no request waits for it; the database stays the only truth, read again every two seconds.
 */
import type { Logger } from "pino";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { SIGN_UP_UNSET, type Account, type OperatorSignUpAnswer, type SignUpChange, type SignUpSetting } from "#contract/wire.ts";
import type { Pool } from "#store/store.ts";
import { insertChange, readChanges } from "./store.ts";

export type Operator = {
  /** How sign-up is set. While the database is away: as it was read last. */
  signUp(): SignUpSetting;
  /** The same as it stands in the database now, with its last changes. */
  signUpChanges(): Promise<OperatorSignUpAnswer>;
  /** Sets it, also to what it is already: then nothing is written. */
  setSignUp(by: Pick<Account, "id" | "address">, asked: Pick<SignUpSetting, "mode" | "lettersPerMinute">): Promise<OperatorSignUpAnswer>;
  /** Reads how it is set; rejects when the database can't be reached. */
  start(): Promise<void>;
  stop(): void;
};

export type OperatorParts = {
  sql: Pool;
  clock: Clock;
  log: Logger;
  /** Hears of each change, whoever made it, after it was committed. */
  onSignUp: (setting: SignUpSetting) => void;
};

const READ_EVERY_MS = 2 * SECOND_MS;
const SHOWN_CHANGES = 20;

export function createOperator({ sql, clock, log, onSignUp }: OperatorParts): Operator {
  let newest: SignUpChange | undefined;
  let cancelRead = () => {};
  let stopped = false;

  /** An older row than the one that is known comes of a read that was overtaken. */
  function learn(change: SignUpChange | undefined): void {
    if (change === undefined || (newest !== undefined && change.id <= newest.id)) return;
    newest = change;
    onSignUp(settingOf(change));
  }

  async function readAgain(): Promise<void> {
    try {
      learn((await readChanges(sql, 1))[0]);
    } catch (error) {
      log.debug({ err: error }, "how sign-up is set could not be read; it stays as it was");
    }
    if (!stopped) cancelRead = clock.after(READ_EVERY_MS, () => void readAgain());
  }

  async function signUpChanges(): Promise<OperatorSignUpAnswer> {
    const changes = await readChanges(sql, SHOWN_CHANGES);
    learn(changes[0]);
    return { setting: settingOf(changes[0]), changes };
  }

  return {
    signUp: () => settingOf(newest),
    signUpChanges,
    async setSignUp(by, asked) {
      const { setting } = await signUpChanges();
      if (setting.mode !== asked.mode || setting.lettersPerMinute !== asked.lettersPerMinute) {
        const change = await insertChange(sql, by, asked, clock.now());
        learn(change);
        log.info({ mode: change.mode, lettersPerMinute: change.lettersPerMinute, accountId: by.id }, "an operator set how sign-up is");
      }
      return signUpChanges();
    },
    async start() {
      learn((await readChanges(sql, 1))[0]);
      cancelRead = clock.after(READ_EVERY_MS, () => void readAgain());
    },
    stop() {
      stopped = true;
      cancelRead();
    },
  };
}

function settingOf(change: SignUpChange | undefined): SignUpSetting {
  if (change === undefined) return SIGN_UP_UNSET;
  const { mode, lettersPerMinute, at } = change;
  return { mode, lettersPerMinute, since: at };
}
