/**
 * Can somebody do the main job with curl alone? test/system/main-job.sh does: register, read the code, confirm, chat, and
 * read the streamed answer; once with the built-in mailbox, once with letters that a real SMTP server took.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startHoldfast } from "#support/holdfast.ts";
import { GOOD_PASSWORD } from "#support/people.ts";
import { startSmtpServer } from "#support/smtp-server.ts";

const SCRIPT = fileURLToPath(new URL("./main-job.sh", import.meta.url));

async function runScript(url: string, mailbox: string, address: string): Promise<string> {
  const { stdout } = await promisify(execFile)("sh", [SCRIPT, url, mailbox, address, GOOD_PASSWORD], { timeout: 120_000 });
  return stdout;
}

function assertMainJob(output: string, address: string): void {
  assert.match(output, new RegExp(`"address":"${address}"`));
  const pieces = Number(/^(\d+) pieces/m.exec(output)?.[1]);
  assert.ok(pieces >= 1, output);
  assert.match(output, /MODEL_URL|Ollama/, "the guide's answer is there");
  assert.match(output, /"state":"done"/);
}

test("curl alone registers with the code from the built-in mailbox and reads a streamed answer", { timeout: 180_000 }, async (t) => {
  const holdfast = await startHoldfast(t);
  assertMainJob(await runScript(holdfast.url, holdfast.mailboxUrl, "curl@example.org"), "curl@example.org");
});

test("curl alone registers with the code from a letter that a real SMTP server took", { timeout: 180_000 }, async (t) => {
  const smtp = await startSmtpServer(t);
  const holdfast = await startHoldfast(t, { env: { SMTP_URL: smtp.url, MAIL_FROM: "Holdfast <no-reply@example.org>" } });
  // what the SMTP server keeps, readable by curl
  const letters = createServer((_, response) => void smtp.letters().then((all) => response.end(all.map(({ raw }) => raw).join("\n"))));
  letters.listen(0, "127.0.0.1");
  t.after(() => letters.close());
  await new Promise((resolve) => letters.once("listening", resolve));
  const { port } = letters.address() as AddressInfo;
  assertMainJob(await runScript(holdfast.url, `http://127.0.0.1:${port}/`, "curl-smtp@example.org"), "curl-smtp@example.org");
});
