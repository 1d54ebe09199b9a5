/**
 * Is this Node new enough to run Holdfast's .ts files? Old Nodes can read this file, so they get a sentence instead of a
 * syntax error. `node bin/node-26.js FILE …` runs FILE when it is; bin/holdfast.js asks `isNode26` itself.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = 26;

/** True on Node 26 or newer; otherwise says what to do on standard error. */
export function isNode26() {
  if (Number.parseInt(process.versions.node, 10) >= NEEDED) return true;
  const own = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  const advice = existsSync(own)
    ? "Holdfast brings that along, and npm finds it: use npm start, npm test, npm run … or npx holdfast …, in this folder."
    : existsSync(resolve(own, "../../postgres"))
      ? `No Node ${NEEDED} was installed with the other packages. Run npm ci again without leaving optional packages out ` +
        `(no --omit=optional). If this machine (${process.platform} ${process.arch}) is none of those that it is built for, install Node ${NEEDED} yourself.`
      : "Run npm ci first: it brings that along.";
  console.error(`Holdfast needs Node ${NEEDED} or newer, and this is Node ${process.versions.node}.\n${advice}`);
  return false;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (!isNode26()) process.exit(1);
  process.argv.splice(1, 1);
  await import(pathToFileURL(resolve(process.argv[1] ?? "")).href);
}
