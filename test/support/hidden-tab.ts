/**
 * How does a test get a tab that nobody sees? Playwright keeps every page awake, so Chromium is driven by its own protocol
 * here: a second tab is put in front, and timers of the first are slowed down as they are on a desk.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Afterwards = { after(work: () => void | Promise<void>): unknown };
type Reply = { id?: number; result?: { targetId?: string; sessionId?: string; result?: { value?: unknown } }; error?: { message: string } };

export type HiddenTab = {
  /** What `expression` gives in the tab; promises are awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** Puts another tab in front of it. */
  hide(): Promise<void>;
};

export async function openTab(t: Afterwards, executablePath: string, url: string): Promise<HiddenTab> {
  const folder = mkdtempSync(join(tmpdir(), "hf-tab-"));
  const words = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-port=0",
    `--user-data-dir=${folder}`,
  ];
  const child = spawn(executablePath, [...words, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  t.after(async () => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const address = await new Promise<string>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      const found = /ws:\/\/\S+/.exec(chunk)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const socket = new WebSocket(address);
  await once(socket, "open");
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.addEventListener("message", ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    waiting.get(reply.id ?? 0)?.(reply);
  });
  const send = async (method: string, params: object, sessionId?: string): Promise<NonNullable<Reply["result"]>> => {
    const id = waiting.size + 1;
    const reply = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    const { result, error } = await reply;
    if (result === undefined) throw new Error(`${method}: ${error?.message}`);
    return result;
  };
  const { targetId } = await send("Target.createTarget", { url });
  const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
  return {
    async evaluate(expression) {
      const { result } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true }, sessionId);
      return result?.value;
    },
    async hide() {
      const other = await send("Target.createTarget", { url: "about:blank" });
      await send("Target.activateTarget", { targetId: other.targetId });
    },
  };
}
