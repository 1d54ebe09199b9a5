/**
 * Can anything be smuggled through the proxies that the manual tells operators to put in front? nginx and Caddy, set up with the
 * manual's own lines, before a real door: nothing that reads in two ways becomes somebody's next request, nobody says in the
 * door's name who they are, and the next visitor on the proxy's kept connection gets their own answer.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { INTERNAL } from "#contract/processes.ts";
import { head, pause, talkTo } from "#support/attackers.ts";
import { startDoor } from "#support/door.ts";
import { freePort } from "#support/holdfast.ts";

const MANUAL = readFileSync(fileURLToPath(new URL("../../docs/operate/proxy-and-https.md", import.meta.url)), "utf8");
const UP_WITHIN_MS = 10_000;
const NAME = "chat.example.org";

const SMUGGLED = `GET /chat/smuggled HTTP/1.1\r\nHost: ${NAME}\r\n\r\n`;
const as = (request: string, ...headers: string[]) => head(request, ...headers).replace("Host: x", `Host: ${NAME}`);
const post = (...headers: string[]) => as("POST /api/conversations", "Content-Type: application/json", ...headers);
const chunked = (body: string) => post("Transfer-Encoding: chunked") + body;
const TWO_WAYS: Record<string, string> = {
  "CL.TE": `${post("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\nG`,
  "TE.CL": `${post("Transfer-Encoding: chunked", "Content-Length: 4")}40\r\n${SMUGGLED}\r\n0\r\n\r\n`,
  "TE.TE": `${post("Transfer-Encoding: chunked", "Transfer-Encoding: cow")}0\r\n\r\n`,
  "TE with a blank": `${post("Transfer-Encoding : chunked")}0\r\n\r\n`,
  "TE after a vertical tab": `${post("Transfer-Encoding: \x0bchunked")}0\r\n\r\n`,
  "TE on a folded line": `${post("Transfer-Encoding:\r\n chunked")}0\r\n\r\n`,
  "two lengths": `${post("Content-Length: 2", "Content-Length: 3")}{}`,
  "a length with a sign": `${post("Content-Length: +2")}{}`,
  "bare line feeds in chunks": chunked("2\n{}\n0\n\n"),
  "a bare line feed in an extension": chunked("2;a\n{}\r\n0\r\n\r\n"),
  "a length in a trailer": chunked(`2\r\n{}\r\n0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`),
  "bare line feeds": `GET /api/models HTTP/1.1\nHost: ${NAME}\n\n`,
  "a folded line": as("GET /api/models", "A: b\r\n c"),
  "a bare return": `GET /api/models HTTP/1.1\r\nHost: ${NAME}\rA: b\r\n\r\n`,
  "two hosts": as("GET /api/models", "Host: y"),
  "an absolute address": as(`GET http://${NAME}/api/models`),
  "a body on a request that takes none": as("GET /healthz", `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
  "an upgrade": as("GET /api/models", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
};

type Proxy = { name: string; command: string[]; settings(port: number, doorPort: number, folder: string): string };
const PROXIES: Proxy[] = [
  {
    name: "nginx",
    command: ["nginx", "-e", "stderr", "-c"],
    settings(port, doorPort, folder) {
      const server = /```nginx\n([^]*?)```/.exec(MANUAL)?.[1] ?? assert.fail("the manual shows nginx's settings");
      const ours = server.replace(/listen 443 ssl;/, `listen 127.0.0.1:${port};`).replace("127.0.0.1:8480", `127.0.0.1:${doorPort}`);
      const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
      return `daemon off; pid ${folder}/pid; events {} http { access_log off; ${folders.join(" ")}\n${ours} }`;
    },
  },
  {
    name: "caddy",
    command: ["caddy", "run", "--adapter", "caddyfile", "--config"],
    settings(port, doorPort) {
      const lines = /```\nchat\.example\.org\n([^]*?)```/.exec(MANUAL)?.[1] ?? assert.fail("the manual shows Caddy's settings");
      return `{\nadmin off\n}\nhttp://${NAME}:${port} {\nbind 127.0.0.1\n${lines.replace("127.0.0.1:8480", `127.0.0.1:${doorPort}`)}\n}\n`;
    },
  },
];

for (const proxy of PROXIES) {
  const [program = ""] = proxy.command;
  const skip = spawnSync(program, ["version"]).error === undefined ? false : `there is no ${program} on this machine`;
  test(`nothing is smuggled through ${proxy.name} as the manual sets it up`, { skip, timeout: 60_000 }, async (t) => {
    const door = await startDoor(t, { boot: { trustedProxyHops: 1 } });
    const port = await startProxy(t, proxy, door.port);
    for (const [name, bytes] of Object.entries(TWO_WAYS)) {
      door.reached.length = 0;
      const talk = talkTo(port);
      talk.send(bytes);
      await pause(100);
      // whoever comes next may get the proxy's kept connection to the door
      const next = talkTo(port);
      next.send(as("GET /healthz"));
      await next.until(/^HTTP\/1\.1 200 [^]*\{"door":"open"\}/);
      next.hangUp();
      talk.hangUp();
      const paths = door.reached.map(({ path }) => path);
      assert.ok(!paths.includes("/chat/smuggled") && paths.length <= 1, `${name}: ${paths.join(" ")}`);
      for (const { headers, body } of door.reached) {
        assert.equal(headers.upgrade, undefined, name);
        assert.ok(body === "" || body === "{}" || body === SMUGGLED, `${name}: ${body}`);
      }
    }
    door.reached.length = 0;
    const liar = talkTo(port);
    const claims = [
      "X-Forwarded-For: 203.0.113.9",
      "Forwarded: for=203.0.113.9",
      "X_Forwarded_For: 203.0.113.9",
      `${INTERNAL.lane}: operator`,
    ];
    liar.send(as("GET /api/models", ...claims));
    await liar.until(/^HTTP\/1\.1 200 /);
    liar.hangUp();
    const [seen] = door.reached;
    assert.equal(seen?.headers[INTERNAL.clientPrefix], "127.0.0.0/24", "the network that the proxy saw");
    assert.equal(seen?.headers[INTERNAL.lane], "stranger");
  });
}

async function startProxy(t: TestContext, { name, command, settings }: Proxy, doorPort: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), `hf-${name}-`));
  const port = await freePort();
  const file = join(folder, "settings");
  writeFileSync(file, settings(port, doorPort, folder));
  const [program = "", ...words] = command;
  const child = spawn(program, [...words, file], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: folder } });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  t.after(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  for (const until = performance.now() + UP_WITHIN_MS; performance.now() < until; await pause(100)) {
    const talk = talkTo(port);
    talk.send(as("GET /healthz"));
    await pause(100);
    talk.hangUp();
    if (talk.statuses()[0] === 200) return port;
  }
  return assert.fail(`${name} did not come up: ${said}`);
}
