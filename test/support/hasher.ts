/** How does a test get a real hasher process? Forked as the supervisor does it, ended after the test. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

type Afterwards = { after(work: () => void): unknown };

/** A socket path in a new temporary folder, removed after `t`. */
export function temporarySocket(t: Afterwards): string {
  const folder = mkdtempSync(join(tmpdir(), "hf-socket-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "s");
}

export async function startHasher(t: Afterwards, socket = temporarySocket(t)) {
  const child = fork(fileURLToPath(new URL("../../src/identity/hasher-process.ts", import.meta.url)), { stdio: "inherit" });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  t.after(() => child.kill("SIGKILL"));
  child.send({ kind: "boot", process: "hasher", socket });
  await once(child, "message");
  // it ends with us anyway: it must not keep a failed test alive
  child.unref();
  child.channel?.unref();
  return { socket, pid: child.pid, exited, kill: () => child.kill("SIGKILL"), disconnect: () => child.disconnect() };
}
