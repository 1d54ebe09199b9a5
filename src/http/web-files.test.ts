/** Does a browser get the web app's files quickly, and nothing else of the disk? */
import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Handler, RequestContext } from "./handler.ts";
import { Refusal } from "./handler.ts";
import { webFileHandlers } from "./web-files.ts";

const folder = mkdtempSync(join(tmpdir(), "hf-web-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const script = "export const line = 'the same words over and over';\n".repeat(200);
mkdirSync(join(folder, "dist", "assets"), { recursive: true });
writeFileSync(join(folder, "dist", "index.html"), "<!doctype html><title>Holdfast</title>");
writeFileSync(join(folder, "dist", "assets", "app-1a2b3c.js"), script);
writeFileSync(join(folder, "secret.txt"), "not for you");
writeFileSync(join(folder, "dist", "assets", "no-type"), "x");

const handlers = webFileHandlers(pathToFileURL(`${folder}/dist/`));
const get = async (route: keyof typeof handlers, params: Record<string, string> = {}, headers: Record<string, string> = {}) => {
  const handler = handlers[route] as Handler;
  return handler({ params, headers: new Headers(headers) } as unknown as RequestContext);
};

test("a file with a hash in its name is kept by the browser for ever, and comes compressed if it may", async () => {
  const plain = await get("GET /assets/:file", { file: "app-1a2b3c.js" });
  assert.equal(plain.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(plain.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.equal(await plain.text(), script);
  const brotli = await get("GET /assets/:file", { file: "app-1a2b3c.js" }, { "accept-encoding": "gzip, deflate, br" });
  assert.equal(brotli.headers.get("content-encoding"), "br");
  assert.equal(brotliDecompressSync(Buffer.from(await brotli.arrayBuffer())).toString(), script);
  const zipped = await get("GET /assets/:file", { file: "app-1a2b3c.js" }, { "accept-encoding": "gzip;q=1.0, br;q=0" });
  assert.equal(zipped.headers.get("content-encoding"), "gzip");
  assert.equal(gunzipSync(Buffer.from(await zipped.arrayBuffer())).toString(), script);
});

test("the shell is asked for again each time, is kept by nobody on the way, and allows nothing that is not ours", async () => {
  for (const route of ["GET /chat", "GET /chat/:id", "GET /operator/models"] as const) {
    const shell = await get(route);
    // a member's cookies may come with it
    assert.equal(shell.headers.get("cache-control"), "private, no-cache");
    const policy = shell.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
  }
});

test("nothing else of the disk can be had", async () => {
  for (const file of [
    "../../secret.txt",
    "..%2f..%2fsecret.txt",
    "/etc/passwd",
    "../index.html",
    "no-type",
    ".env",
    "",
    "missing.js",
    "assets",
    "a/../app-1a2b3c.js",
    "app-1a2b3c.js\0",
  ]) {
    const answer = await get("GET /assets/:file", { file });
    assert.ok(answer instanceof Refusal && answer.code === "not-found", file);
  }
});

test("before the web app is built there is nothing, and after it everything, without a restart", async () => {
  const later = webFileHandlers(pathToFileURL(`${folder}/later/`));
  const ask = () => (later["GET /chat"] as Handler)({ params: {}, headers: new Headers() } as unknown as RequestContext);
  assert.ok((await ask()) instanceof Refusal);
  mkdirSync(join(folder, "later"));
  writeFileSync(join(folder, "later", "index.html"), "<!doctype html>");
  assert.equal((await ask()).status, 200);
});
