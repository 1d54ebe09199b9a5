/**
 * How do we reach PostgreSQL? The only file that imports the driver.
 * Modules get `Sql` handed in and keep their statements in their own store.ts; a transaction is `sql.begin(async (tx) => …)`.
 */
import postgres from "postgres";
import { readMigrations, runMigrations } from "./migrate.ts";

export { migrateWithin, readMigrations, type Migration } from "./migrate.ts";

/** A pool, or the connection of one transaction: both take tagged templates. */
export type Sql = postgres.Sql<{ bigint: number }> | postgres.TransactionSql<{ bigint: number }>;
/** The pool: can also begin transactions, listen and end. */
export type Pool = postgres.Sql<{ bigint: number }>;
export type Transaction = postgres.TransactionSql<{ bigint: number }>;

export type DatabaseAddress = { socketDir: string; name: string; user: string } | { url: string };

const RECONNECT_SECONDS = 0.2;

/** Opens a pool of at most `connections`. bigint columns are read as numbers (ours stay far below 2^53). */
export function openPool(address: DatabaseAddress, options: { connections: number; name: string }): Pool {
  const shared = {
    max: options.connections,
    connection: { application_name: `holdfast-${options.name}` },
    onnotice: () => {},
    idle_timeout: 60,
    connect_timeout: 5,
    // the driver's own back-off grows to 20 s, shared by all: a database that is back must be used at once
    backoff: () => RECONNECT_SECONDS,
    types: {
      bigint: {
        to: 20,
        from: [20],
        parse: (text: string) => Number(text),
        serialize: (value: number) => String(value),
      },
    },
  };
  if (!("url" in address)) return postgres({ ...shared, host: address.socketDir, database: address.name, username: address.user });
  const socket = readSocketUrl(address.url);
  return socket === undefined ? postgres(address.url, shared) : postgres({ ...shared, ...socket });
}

/** `postgres:///name?host=/folder&user=…`, as libpq writes a unix socket; the driver reads only addresses with a host. */
function readSocketUrl(text: string) {
  const url = URL.parse(text);
  const folder = url?.searchParams.get("host");
  if (url === null || folder?.startsWith("/") !== true) return undefined;
  const user = decodeURIComponent(url.username) || url.searchParams.get("user");
  const password = decodeURIComponent(url.password) || url.searchParams.get("password");
  return {
    host: folder,
    port: Number(url.port || url.searchParams.get("port") || 5_432),
    database: decodeURIComponent(url.pathname.slice(1)) || url.searchParams.get("dbname") || user || "postgres",
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password }),
  };
}

/** Whether the database answers now. Never throws; waits as long as the driver does. */
export async function answers(pool: Pool): Promise<boolean> {
  try {
    await pool`select 1`;
    return true;
  } catch {
    return false;
  }
}

/** Brings the schema up to date under an advisory lock; several starters at once run each migration exactly once. Returns the names that ran. */
export async function migrate(pool: Pool): Promise<string[]> {
  return runMigrations(pool, await readMigrations());
}

/** True when the error means that the database can't be reached or is going down (not that a statement was wrong). */
export function isConnectionLoss(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return (
    typeof code === "string" &&
    (code.startsWith("CONNECTION_") ||
      code.startsWith("08") ||
      code.startsWith("57P") ||
      ["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE", "CONNECT_TIMEOUT"].includes(code))
  );
}

/** True when the database has no room left (SQLSTATE class 53, disk full). */
export function isDiskFull(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "53100";
}
