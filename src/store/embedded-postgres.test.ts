/** Does the embedded PostgreSQL survive what happens to it on other people's machines? */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { systemClock } from "#kit/time.ts";
import { findNative, preparePrograms, whyItFailed } from "./embedded-postgres-programs.ts";
import { chooseRunner, runAlong, runOnce, type SystemUser } from "./embedded-postgres-user.ts";
import { isAlive, readHolder, startEmbeddedPostgres, type EmbeddedPostgres } from "./embedded-postgres.ts";
import { openPool } from "./store.ts";

const asRoot = process.geteuid?.() === 0;
const onlyRoot = { skip: asRoot ? false : "only root steps down" };

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "hf-pg-"));
  chmodSync(folder, 0o711);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(folder: string, onLog?: (line: string) => void, users?: SystemUser[]): Promise<EmbeddedPostgres> {
  const started = await startEmbeddedPostgres({
    ...(users === undefined ? {} : { users }),
    dataDir: join(folder, "data"),
    socketDir: join(folder, "s"),
    ...(onLog === undefined ? {} : { onLog }),
  });
  if (!started.ok) assert.fail(started.failure.sentence);
  return started.value;
}

async function query(postgres: EmbeddedPostgres, text: string): Promise<unknown[]> {
  const pool = openPool(postgres.address, { connections: 1, name: "test" });
  try {
    return [...(await pool.unsafe(text))];
  } finally {
    await pool.end({ timeout: 1 });
  }
}

test("what was acknowledged is there after kill -9, and the next start needs no help", async (t) => {
  const folder = temporary(t);
  const first = await start(folder);
  await query(first, "create table kept (n int); insert into kept values (1)");
  process.kill(first.pid, "SIGKILL");
  await first.ended;
  const second = await start(folder);
  t.after(() => second.stop());
  assert.deepEqual(await query(second, "select n from kept"), [{ n: 1 }]);
  assert.deepEqual(await query(second, "select datlocprovider as p from pg_database where datname = current_database()"), [{ p: "b" }]);
  assert.deepEqual(await query(second, "show listen_addresses"), [{ listen_addresses: "" }]);
  assert.equal(statSync(second.address.socketDir).mode & 0o777, 0o700);
});

test("when the process that started PostgreSQL is killed, the next start gets the folder", async (t) => {
  const folder = temporary(t);
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL("./embedded-postgres.ts", import.meta.url).href)};
    const started = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(join(folder, "data"))}, socketDir: ${JSON.stringify(join(folder, "s"))} });
    console.log(started.value.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  parent.kill("SIGKILL");
  await once(parent, "exit");
  const next = await start(folder);
  t.after(() => next.stop());
  assert.equal(isAlive(Number(line)), false, "the orphan has ended");
  assert.deepEqual(await query(next, "select 1 as one"), [{ one: 1 }]);
});

test("an orphan that outlived its supervisor is stopped by the next start", async (t) => {
  const folder = temporary(t);
  const first = await start(folder);
  await first.stop();
  const native = findNative();
  assert.ok(typeof native === "string");
  const chosen = chooseRunner(join(folder, "data", "postgres"));
  assert.ok(!("sentence" in chosen));
  const programs = preparePrograms(native, join(folder, "data"), join(folder, "s"), { ...chosen, prefix: [] });
  assert.ok(!("sentence" in programs));
  const words = ["-D", join(folder, "data", "postgres"), "-c", "listen_addresses=", "-c", `unix_socket_directories=${join(folder, "s")}`];
  const orphan = runAlong(programs.runner, programs.postgres, words, programs.environment);
  t.after(() => orphan.kill("SIGKILL"));
  for await (const line of createInterface({ input: orphan.stderr ?? assert.fail() })) if (line.includes("ready to accept")) break;
  orphan.stderr?.resume();
  const second = await start(folder);
  t.after(() => second.stop());
  assert.notEqual(orphan.exitCode ?? orphan.signalCode, null, "the orphan has ended");
  assert.deepEqual(await query(second, "select 1 as one"), [{ one: 1 }]);
});

test("a lock file that names a zombie or a stranger's process does not keep PostgreSQL from starting", async (t) => {
  const folder = temporary(t);
  const cluster = join(folder, "data", "postgres");
  await (await start(folder)).stop();
  // the shell's child ends, and the sleep that the shell turns into never asks for it
  const negligent = spawn("sh", ["-c", "true & exec sleep 60"]);
  t.after(() => negligent.kill("SIGKILL"));
  const zombie = await zombieOf(negligent.pid ?? 0);
  for (const [pid, state] of [
    [zombie, "zombie"],
    [negligent.pid ?? 0, "somebody else"],
  ] as const) {
    writeFileSync(
      join(cluster, "postmaster.pid"),
      `${pid}\n${cluster}\n1700000000\n5432\n${join(folder, "s")}\n\n    12345         0\nready   \n`,
    );
    if (asRoot) chownSync(join(cluster, "postmaster.pid"), statSync(cluster).uid, statSync(cluster).gid);
    assert.equal(readHolder(cluster)?.state, state);
    const postgres = await start(folder);
    assert.deepEqual(await query(postgres, "select 1 as one"), [{ one: 1 }]);
    await postgres.stop();
  }
  assert.equal(isAlive(negligent.pid ?? 0), true, "the stranger's process was left alone");
});

async function zombieOf(parent: number): Promise<number> {
  for (;;) {
    for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
      const status = spawnSync("cat", [`/proc/${name}/status`], { encoding: "utf8" }).stdout;
      if (/^State:\s+Z/m.test(status) && new RegExp(`^PPid:\\s+${parent}$`, "m").test(status)) return Number(name);
    }
    await systemClock.sleep(20);
  }
}

test("the programs run although npm dropped the symbolic links of their libraries", (t) => {
  const folder = temporary(t);
  const native = copyWithoutLinks(join(folder, "package"));
  mkdirSync(join(folder, "data"), { mode: 0o711 });
  const runner = chooseRunner(join(folder, "data", "postgres"));
  assert.ok(!("sentence" in runner));
  const programs = preparePrograms(native, join(folder, "data"), join(folder, "s"), runner);
  assert.ok(!("sentence" in programs), JSON.stringify(programs));
  assert.equal(programs.major, "18");
});

test("root keeps the programs in a folder of its own, and PostgreSQL gets a copy beside the data", onlyRoot, (t) => {
  const folder = temporary(t);
  const native = copyWithoutLinks(join(folder, "home", "package"));
  chmodSync(join(folder, "home"), 0o700);
  mkdirSync(join(folder, "data"), { mode: 0o711 });
  const runner = chooseRunner(join(folder, "data", "postgres"));
  assert.ok(!("sentence" in runner));
  const programs = preparePrograms(native, join(folder, "data"), join(folder, "s"), runner);
  assert.ok(!("sentence" in programs), JSON.stringify(programs));
  assert.ok(programs.postgres.startsWith(join(folder, "data")), programs.postgres);
});

const nobody: SystemUser = { name: "nobody", uid: 65_534, gid: 65_534 };

test("root keeps everything in its own home, and PostgreSQL runs there all the same", onlyRoot, async (t) => {
  for (const users of [undefined, [nobody]]) {
    const home = join(temporary(t), "root-home");
    mkdirSync(home, { mode: 0o700 });
    const postgres = await start(home, undefined, users);
    assert.notEqual(postgres.userName, undefined);
    assert.deepEqual(await query(postgres, "select 1 as one"), [{ one: 1 }]);
    await postgres.stop();
    assert.equal(statSync(home).mode & 0o777, 0o700, "nobody opened the home");
  }
});

test(
  "without a user postgres root's database has a user id that nobody else has, and other people's daemons can't open it",
  onlyRoot,
  async (t) => {
    const folder = temporary(t);
    const postgres = await start(folder, undefined, [nobody]);
    assert.deepEqual(await query(postgres, "create table kept as select 1 as one"), []);
    const uid = Number(postgres.userName);
    assert.ok(uid >= 60_578 && uid < 61_184, String(postgres.userName));
    const cluster = join(folder, "data", "postgres");
    const owners = () =>
      new Set(readdirSync(cluster, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(cluster, name)).uid));
    assert.deepEqual([statSync(cluster).uid, ...owners()], [uid, uid]);
    const asNobody = (...words: string[]) => spawnSync("test", words, { uid: nobody.uid, gid: nobody.gid }).status;
    assert.equal(asNobody("-d", folder), 0, "it comes as far as this");
    assert.notEqual(asNobody("-S", join(postgres.address.socketDir, ".s.PGSQL.5432")), 0);
    assert.notEqual(asNobody("-r", join(cluster, "PG_VERSION")), 0);
    await postgres.stop();

    // as one from before was left
    spawnSync("chown", ["-R", "65534:65534", cluster]);
    const again = await start(folder, undefined, [nobody]);
    assert.equal(again.userName, String(uid));
    assert.deepEqual(await query(again, "select one from kept"), [{ one: 1 }]);
    assert.deepEqual([...owners()], [uid]);
    await again.stop();
    const later = await start(folder);
    assert.equal(later.userName, String(uid), "a user postgres that comes later does not take it over");
    await later.stop();
  },
);

test("root keeps the whole project in its own home, and a database can be made there", onlyRoot, (t) => {
  const home = join(temporary(t), "root-home");
  mkdirSync(home, { mode: 0o700 });
  const native = copyWithoutLinks(join(home, "package"));
  mkdirSync(join(home, "data"), { mode: 0o711 });
  const runner = chooseRunner(join(home, "data", "postgres"));
  assert.ok(!("sentence" in runner));
  const programs = preparePrograms(native, join(home, "data"), join(home, "s"), runner);
  assert.ok(!("sentence" in programs), JSON.stringify(programs));
  assert.ok(programs.initdb.startsWith(home), programs.initdb);
  const shown = runOnce(programs.runner, programs.initdb, ["-D", join(home, "data", "postgres"), "--show"], programs.environment);
  assert.equal(shown.status, 0, shown.stderr);
});

test("an ordinary user runs PostgreSQL as that user", { skip: asRoot ? false : "the other tests already run as one" }, (t) => {
  const folder = temporary(t);
  chmodSync(folder, 0o777);
  const front = new URL("./embedded-postgres.ts", import.meta.url);
  if (spawnSync("test", ["-r", front.pathname], { uid: 65534, gid: 65534 }).status !== 0)
    return t.skip("this checkout is not readable for others");
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(front.href)};
    const started = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(join(folder, "data"))}, socketDir: ${JSON.stringify(join(folder, "s"))} });
    console.log(started.ok ? "runs" : started.failure.sentence);
    if (started.ok) await started.value.stop();`;
  const done = spawnSync(process.execPath, ["--input-type=module", "-e", script], { uid: 65534, gid: 65534, encoding: "utf8" });
  assert.equal(done.stdout.trim(), "runs", done.stderr);
  assert.equal(statSync(join(folder, "data", "postgres")).uid, 65534);
});

test("a socket path that is too long is refused with a sentence before anything is made", async (t) => {
  const folder = temporary(t);
  const started = await startEmbeddedPostgres({ dataDir: join(folder, "data"), socketDir: join(folder, "x".repeat(100)) });
  assert.equal(started.ok, false);
  assert.equal(existsSync(join(folder, "data")), false);
});

test("a person whose system lacks something reads what to do", () => {
  assert.match(
    whyItFailed("postgres: /lib/libc.so.6: version `GLIBC_2.27' not found (required by postgres)", undefined),
    /glibc 2\.27 or newer.*DATABASE_URL/,
  );
  assert.match(whyItFailed("", "spawn /x/postgres ENOENT"), /Alpine.*DATABASE_URL/);
  assert.match(
    whyItFailed("postgres: error while loading shared libraries: libxml2.so.2: cannot open shared object file", undefined),
    /libxml2\.so\.2.*npm install/,
  );
});

function copyWithoutLinks(folder: string): string {
  const native = findNative();
  assert.ok(typeof native === "string");
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  cpSync(join(native, "..", "package.json"), join(folder, "package.json"));
  cpSync(native, join(folder, "native"), {
    recursive: true,
    filter: (source) => !lstatSync(source).isSymbolicLink(),
  });
  return join(folder, "native");
}

test("what people wrote is not in the server's own log when it refuses it", async (t) => {
  const lines: string[] = [];
  const postgres = await start(temporary(t), (line) => lines.push(line));
  t.after(() => postgres.stop());
  const pool = openPool(postgres.address, { connections: 1, name: "test" });
  t.after(() => pool.end({ timeout: 1 }));
  await pool`create table kept (words text check (words <> 'what Ada wrote'), given jsonb)`;
  await assert.rejects(pool`insert into kept (words) values (${"what Ada wrote"})`, /violates check constraint/);
  await assert.rejects(pool`insert into kept (given) select ${'{"text": "what Ada wrote \\u0000"}'}::text::jsonb`, /Unicode/);
  const said = () => lines.filter((line) => /ERROR/.test(line));
  while (said().length < 2) await systemClock.sleep(20);
  assert.doesNotMatch(lines.join("\n"), /what Ada wrote/);
});
