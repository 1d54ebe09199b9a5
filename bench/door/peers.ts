/**
 * How are the peers started? Their packages come on demand into bench/peers/node_modules, from their own lockfile; nginx is
 * Debian's, unpacked into .cache/ when the machine has none; PostgreSQL is the one that Holdfast brings along.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmbeddedPostgres } from "#store/embedded-postgres.ts";
import { freePort } from "./holdfast.ts";
import { descendantsOf } from "./machine.ts";
import { pin, start, type Started } from "./processes.ts";
import type { SystemName } from "./shots.ts";
import type { Running, StartSystem } from "./systems.ts";

const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));
const NGINX = fileURLToPath(new URL("../../.cache/nginx", import.meta.url));
const READY_WITHIN_MS = 30_000;

/** Installs what bench/peers/package-lock.json names, unless it is there. */
function installPeers(): void {
  const wanted = join(PEERS, "package-lock.json");
  const kept = join(PEERS, "node_modules/.bench-lock.json");
  if (existsSync(kept) && readFileSync(kept).equals(readFileSync(wanted))) return;
  const { status, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: PEERS, encoding: "utf8" });
  if (status !== 0) throw new Error(`The peers' packages could not be installed (npm ci in bench/peers/):\n${stderr}`);
  copyFileSync(wanted, kept);
}

/** The program, or undefined where there is neither nginx nor Debian's package of it. */
function findNginx(): string | undefined {
  const own = join(NGINX, "usr/sbin/nginx");
  const works = (program: string) => spawnSync(program, ["-v"]).status === 0;
  for (const program of ["nginx", "/usr/sbin/nginx", own]) if (works(program)) return program;
  mkdirSync(NGINX, { recursive: true });
  // unpacked and not installed: no service is started, and nobody has to be root
  spawnSync("apt-get", ["download", "nginx"], { cwd: NGINX });
  const [packed] = readdirSync(NGINX).filter((name) => name.endsWith(".deb"));
  if (packed !== undefined) spawnSync("dpkg-deb", ["-x", packed, "."], { cwd: NGINX });
  return works(own) ? own : undefined;
}

export function startPeer(name: Exclude<SystemName, "holdfast">): StartSystem {
  return async ({ smtpPort }) => {
    installPeers();
    const folder = mkdtempSync(join(tmpdir(), "hf-peer-"));
    chmodSync(folder, 0o711);
    const ends: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })];
    const stop = async () => {
      for (const end of ends.splice(0).toReversed()) await end();
    };
    try {
      return await begin(name, folder, smtpPort, ends, stop);
    } catch (error) {
      await stop();
      throw error;
    }
  };
}

async function begin(
  name: Exclude<SystemName, "holdfast">,
  folder: string,
  smtpPort: number,
  ends: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Running> {
  const port = await freePort();
  if (name === "bare" || name === "bare-net") {
    const bare = await startServer(name, { PORT: String(port) });
    ends.push(bare.stop);
    return { port, front: () => pidsOf(bare), all: () => pidsOf(bare), stop };
  }
  const database = await startEmbeddedPostgres({ dataDir: folder, socketDir: join(folder, "socket") });
  if (!database.ok) throw new Error(database.failure.sentence);
  const { pid, address } = database.value;
  ends.push(database.value.stop);
  pin(pid, "server");
  const env = {
    PGHOST: address.socketDir,
    PGUSER: address.user,
    PGDATABASE: address.name,
    SMTP_PORT: String(smtpPort),
    NODE_ENV: "production",
  };
  if (name !== "nginx") {
    const server = await startServer(name, { ...env, PORT: String(port) });
    ends.push(server.stop);
    return { port, front: () => pidsOf(server), all: () => [...pidsOf(server), pid, ...descendantsOf(pid)], stop };
  }
  const program = findNginx();
  if (program === undefined) throw new Error("there is no nginx here, and Debian's package could not be had");
  const upstream = await freePort();
  const server = await startServer("express", { ...env, PORT: String(upstream), LIMITER: "off" });
  ends.push(server.stop);
  const conf = readFileSync(join(PEERS, "nginx.conf"), "utf8");
  const filled = conf.replaceAll("{{folder}}", folder).replaceAll("{{port}}", String(port)).replaceAll("{{upstream}}", String(upstream));
  writeFileSync(join(folder, "nginx.conf"), filled);
  const nginx = start("server", program, ["-c", join(folder, "nginx.conf"), "-p", folder]);
  ends.push(nginx.stop);
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (nginx.child.exitCode !== null) throw new Error(`nginx did not start:\n${nginx.output()}`);
  return {
    port,
    front: () => pidsOf(nginx),
    all: () => [...pidsOf(nginx), ...pidsOf(server), pid, ...descendantsOf(pid)],
    stop,
  };
}

function pidsOf({ child }: Started): number[] {
  return child.pid === undefined ? [] : [child.pid, ...descendantsOf(child.pid)];
}

async function startServer(name: string, env: Record<string, string>): Promise<Started> {
  const server = start("server", process.execPath, [join(PEERS, `${name}.mjs`)], { env, cwd: PEERS, channel: true });
  const ready = await Promise.race([
    new Promise<boolean>((resolve) => server.child.once("message", () => resolve(true))),
    new Promise<boolean>((resolve) => server.child.once("exit", () => resolve(false))),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), READY_WITHIN_MS).unref()),
  ]);
  if (!ready) {
    await server.stop();
    throw new Error(`${name} did not start:\n${server.output()}`);
  }
  return server;
}
