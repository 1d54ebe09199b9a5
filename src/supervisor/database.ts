/**
 * Is the database there, new enough and up to date? For the embedded one and for DATABASE_URL alike: connects, waits a
 * while for a server that is still starting, runs the migrations. Every reason why not becomes a sentence.
 */
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { SECOND_MS, type Clock } from "#kit/time.ts";
import { isConnectionLoss, migrate, openPool, type DatabaseAddress, type Pool } from "#store/store.ts";
import { serverVersion } from "./store.ts";

export type DatabaseUnusable = { tag: "database"; sentence: string };
export type DatabaseReady = { major: number; migrated: string[] };

const OLDEST_MAJOR = 16;
const WAIT_MS = 30 * SECOND_MS;

export async function prepareDatabase(
  address: DatabaseAddress,
  parts: { clock: Clock; signal: AbortSignal; onWaiting(): void },
): Promise<Outcome<DatabaseReady, DatabaseUnusable>> {
  const pool = openPool(address, { connections: 1, name: "supervisor" });
  try {
    const major = await firstAnswer(pool, parts);
    if (major < OLDEST_MAJOR) {
      return unusable(`The PostgreSQL of DATABASE_URL is version ${major}; Holdfast needs ${OLDEST_MAJOR} or newer.`);
    }
    return succeed({ major, migrated: await migrate(pool) });
  } catch (error) {
    return unusable(whyNot(error));
  } finally {
    await pool.end({ timeout: 2 }).catch(() => {});
  }
}

/** The server's major version; waits for one that can't be reached yet. */
async function firstAnswer(
  pool: Pool,
  { clock, signal, onWaiting }: { clock: Clock; signal: AbortSignal; onWaiting(): void },
): Promise<number> {
  const deadline = clock.monotonic() + WAIT_MS;
  for (;;) {
    try {
      return Math.floor((await serverVersion(pool)) / 10_000);
    } catch (error) {
      if (!isConnectionLoss(error) || clock.monotonic() > deadline || signal.aborted) throw error;
      onWaiting();
      await clock.sleep(SECOND_MS / 2, signal);
    }
  }
}

/** What a person can do about it. The words of the driver stay at the end, for those who know it. */
function whyNot(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  const said = message === undefined ? "" : ` (${message})`;
  if (code?.startsWith("28") === true)
    return `The PostgreSQL of DATABASE_URL does not accept that user or password${said}. Correct DATABASE_URL.`;
  if (code === "3D000") return `The database that DATABASE_URL names does not exist${said}. Make it: createdb NAME`;
  if (code === "42501")
    return `The user of DATABASE_URL may not make tables${said}. Give it a database of its own: createdb --owner=USER NAME`;
  if (isConnectionLoss(error) || code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return `The PostgreSQL of DATABASE_URL can't be reached${said}. Check that it runs, and host and port in DATABASE_URL.`;
  }
  return `The database can't be used: ${message ?? String(error)}`;
}

function unusable(sentence: string): { ok: false; failure: DatabaseUnusable } {
  return fail({ tag: "database", sentence });
}
