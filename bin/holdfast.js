#!/usr/bin/env node
/**
 * How does the command `holdfast` begin? Readable by old Nodes: on one of them it starts again on the Node 26 that npm
 * brought along, so that it works from a plain terminal too. What the commands do is in src/cli/.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { isNode26 } from "./node-26.js";

const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
const old = Number.parseInt(process.versions.node, 10) < 26;

if (old && existsSync(own) && process.argv[2] !== "--again") {
  const child = spawn(own, [fileURLToPath(import.meta.url), "--again", ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches both of us: the other one decides what it means
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => signal !== "SIGINT" && child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
} else if (isNode26()) {
  if (process.argv[2] === "--again") process.argv.splice(2, 1);
  // compiled once: a warm start reads from there, and so do the processes that it starts
  const cache = module.enableCompileCache(fileURLToPath(new URL("../.cache/node", import.meta.url)));
  if (cache.directory !== undefined) {
    process.env.NODE_COMPILE_CACHE = cache.directory;
    // the other commands are soon over
    if (process.argv[2] === "start") {
      const { compileAhead } = await import("./code-cache.js");
      compileAhead(cache.directory);
    }
  }
  const { run } = await import("../src/cli/cli.ts");
  await run(process.argv);
} else {
  process.exitCode = 1;
}
