/** How does the bench start Holdfast? The real command with a data folder of its own; nothing of it is switched off but what sabotage names. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { devNull, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { descendantsOf } from "./machine.ts";
import { pause, start } from "./processes.ts";
import type { StartSystem } from "./systems.ts";

const COMMAND = fileURLToPath(new URL("../../bin/holdfast.js", import.meta.url));
const UP_WITHIN_MS = 120_000;

export const startHoldfast: StartSystem = async ({ smtpPort, lettersPerSecond, sabotage, trustedProxyHops = 0 }) => {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "hf-bench-"));
  // root's PostgreSQL runs as another user, who has to pass through it
  chmodSync(dataDir, 0o711);
  const started = start("server", process.execPath, [COMMAND, "start", "--settings", devNull], {
    env: {
      PORT: String(port),
      DATA_DIR: dataDir,
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      MAIL_FROM: "codes@holdfast.example",
      LETTERS_PER_SECOND: String(lettersPerSecond),
      TRUSTED_PROXY_HOPS: String(trustedProxyHops),
      MODEL_DISCOVERY: "off",
      LOG_LEVEL: "warn",
      ...(sabotage === null ? {} : { HOLDFAST_SABOTAGE: sabotage, HOLDFAST_TEST_SABOTAGE: "yes" }),
    },
  });
  const stop = async () => {
    await started.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  const isUp = () => /Holdfast is up/.test(started.output());
  for (const until = performance.now() + UP_WITHIN_MS; !isUp();) {
    if (started.child.exitCode !== null || performance.now() > until) {
      await stop();
      throw new Error(`Holdfast did not come up:\n${started.output()}`);
    }
    await pause(100).catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  }
  // a sabotage that nobody hears of would make green bars of nothing
  if (sabotage !== null && !started.output().includes(sabotage)) {
    await stop();
    throw new Error(`Holdfast did not say that it is sabotaged (${sabotage}): the setting reached nobody`);
  }
  const { children } = JSON.parse(readFileSync(join(dataDir, "running.json"), "utf8")) as { children: Record<string, number> };
  const pid = started.child.pid ?? 0;
  return {
    port,
    front: () => [children["door"] ?? 0],
    all: () => [pid, ...descendantsOf(pid)],
    stop,
  };
};

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
