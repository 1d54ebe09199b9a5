/**
 * Which database does a courier of the bench work on? The PostgreSQL that Holdfast brings, with its own settings (a commit is
 * on the disk), in a temporary folder; one migrated database for each courier. Where many couriers work side by side, which
 * no Holdfast has, a commit does not wait for the disk: they would wait for each other there and not for a relay.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { migrate, openPool, type DatabaseAddress, type Pool } from "#store/store.ts";
import { descendantsOf } from "../door/machine.ts";

export type Database = { address: DatabaseAddress; sql: Pool };
export type Cluster = {
  /** A folder for whatever else a run has to keep. */
  folder: string;
  pids(): number[];
  /** Migrated and empty. */
  database(): Promise<Database>;
  stop(): Promise<void>;
};

const MAX_CONNECTIONS = 200;

export async function startCluster({ durable }: { durable: boolean }): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), "hf-bench-mail-"));
  // root's PostgreSQL and Postfix run as other users, who have to pass through it
  chmodSync(folder, 0o711);
  const started = await startEmbeddedPostgres({
    dataDir: join(folder, "data"),
    socketDir: join(folder, "s"),
    settings: { max_connections: MAX_CONNECTIONS, ...(durable ? {} : { synchronous_commit: "off" }) },
  });
  if (!started.ok) throw new Error(started.failure.sentence);
  const { address, pid, stop } = started.value;
  const open = (name: string, connections: number) => openPool({ ...address, name }, { connections, name: "bench" });
  const administration = open("postgres", 1);
  const pools: Pool[] = [];
  let last = 0;
  return {
    folder,
    pids: () => [pid, ...descendantsOf(pid)],
    async database() {
      const name = `bench_${(last += 1)}`;
      await administration.unsafe(`create database ${name}`);
      const sql = open(name, 2);
      pools.push(sql);
      await migrate(sql);
      return { address: { ...address, name }, sql };
    },
    async stop() {
      for (const pool of [...pools, administration]) await pool.end({ timeout: 5 });
      await stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
