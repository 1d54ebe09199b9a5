/**
 * How does a test get a real PostgreSQL of its own? One cluster per test run (the runner starts it and hands its socket
 * folder on in HOLDFAST_TEST_CLUSTER; a file that runs alone starts one itself), one database per test file, copied
 * from a migrated template in 30 to 50 ms. fsync is off here: these clusters live for one run.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { migrate, openPool, type DatabaseAddress, type Pool } from "#store/store.ts";

const CLUSTER_VARIABLE = "HOLDFAST_TEST_CLUSTER";
const TEMPLATE = "holdfast_template";
const USER = "holdfast";

type Afterwards = { after(work: () => Promise<void>): unknown };
export type TestCluster = { socketDir: string; stop(): Promise<void> };

/** Starts a cluster with a migrated template in a new temporary folder. */
export async function startTestCluster(): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), "hf-test-"));
  await chmod(folder, 0o711);
  const started = await startEmbeddedPostgres({
    dataDir: join(folder, "data"),
    socketDir: join(folder, "s"),
    settings: { fsync: "off", full_page_writes: "off", max_connections: 200, shared_buffers: "64MB", autovacuum: "off" },
  });
  if (!started.ok) throw new Error(started.failure.sentence);
  const { address, stop } = started.value;
  await inDatabase({ ...address, name: "postgres" }, (sql) => sql.unsafe(`create database ${TEMPLATE}`));
  await inDatabase({ ...address, name: TEMPLATE }, migrate);
  return {
    socketDir: address.socketDir,
    async stop() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

let ownCluster: Promise<TestCluster> | undefined;
// at the top of the file, or it would belong to the test that runs just then
after(async () => (await ownCluster)?.stop());

/** The socket folder of this run's cluster; starts one for this process when the runner did not. */
async function clusterSocketDir(): Promise<string> {
  const given = process.env[CLUSTER_VARIABLE];
  if (given !== undefined && given !== "") return given;
  ownCluster ??= startTestCluster();
  return (await ownCluster).socketDir;
}

/**
 * A new migrated database, dropped after `t` (a test context, or `{ after }` of node:test for a whole file).
 * The address is for processes that open their own pool.
 */
export async function testDatabaseWithAddress(t: Afterwards): Promise<{ pool: Pool; address: DatabaseAddress }> {
  const socketDir = await clusterSocketDir();
  const administration = { socketDir, name: "postgres", user: USER };
  const name = `test_${randomBytes(6).toString("hex")}`;
  await inDatabase(administration, (sql) => sql.unsafe(`create database ${name} template ${TEMPLATE}`));
  const address = { socketDir, name, user: USER };
  const pool = openPool(address, { connections: 10, name: "test" });
  t.after(async () => {
    await pool.end({ timeout: 5 });
    // a cluster of our own goes as a whole, and may be gone already
    if (ownCluster !== undefined) return;
    await inDatabase(administration, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`));
  });
  return { pool, address };
}

/** Like testDatabaseWithAddress, for tests that need the pool only. */
export async function testDatabase(t: Afterwards): Promise<Pool> {
  return (await testDatabaseWithAddress(t)).pool;
}

async function inDatabase(address: DatabaseAddress, work: (sql: Pool) => Promise<unknown>): Promise<void> {
  const sql = openPool(address, { connections: 1, name: "test-administration" });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}
