/**
 * Which files do the small pages load? One stylesheet made here of the tokens and pages.css, the icon, and the script
 * that web/small was built into. All are read once and kept; names carry a hash of the content, so they never change.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { DoorAnswer } from "../door-request.ts";

export type SmallFile = { body: Uint8Array; contentType: string; /** The same, compressed by the build. */ brotli?: Uint8Array };
export type SmallAssets = {
  /** Paths under /small/. */
  stylesheet: string;
  /** Beside the stylesheet, on pages that are read rather than filled in. */
  reading: string;
  icon: string;
  /** undefined: not built; the pages then work as plain forms. */
  script: string | undefined;
  /** By file name. */
  files: ReadonlyMap<string, SmallFile>;
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
};

/** An open door. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{fill:none;stroke:#0f6b5c;stroke-width:5}@media(prefers-color-scheme:dark){path{stroke:#5fcab2}}</style><path d="M6.5 30V15a9.5 9.5 0 0 1 19 0v15"/></svg>`;

/** `folder` is what web/small was built into (an absolute path); when it is missing the pages have no script. */
export function readSmallAssets(folder: string): SmallAssets {
  const distFolder = folder.endsWith("/") ? folder : `${folder}/`;
  const files = new Map<string, SmallFile>();
  const add = (stem: string, extension: "css" | "svg", text: string): string => {
    const name = `${stem}-${createHash("sha256").update(text).digest("base64url").slice(0, 8)}.${extension}`;
    files.set(name, { body: Buffer.from(text), contentType: CONTENT_TYPES[extension] ?? "" });
    return `/small/${name}`;
  };
  const styles = readStyles();
  const stylesheet = add("pages", "css", styles.forms);
  const reading = add("reading", "css", styles.reading);
  const icon = add("icon", "svg", ICON);
  return { stylesheet, reading, icon, script: addScript(files, distFolder), files };
}

/** The file, or undefined when there is none of that name. */
export function answerSmallFile(assets: SmallAssets, name: string, acceptEncoding: string | undefined): DoorAnswer | undefined {
  const file = assets.files.get(name);
  if (file === undefined) return undefined;
  const brotli = /\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(acceptEncoding ?? "") ? file.brotli : undefined;
  const headers = {
    "content-type": file.contentType,
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    ...(file.brotli === undefined ? {} : { vary: "Accept-Encoding" }),
    ...(brotli === undefined ? {} : { "content-encoding": "br" }),
  };
  return { status: 200, headers, body: brotli ?? file.body };
}

function addScript(files: Map<string, SmallFile>, distFolder: string): string | undefined {
  const manifestPath = `${distFolder}.vite/manifest.json`;
  if (!existsSync(manifestPath)) return undefined;
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8")) as Record<string, { file: string; isEntry?: boolean }>;
  const entry = Object.values(manifest).find((chunk) => chunk.isEntry === true)?.file;
  if (entry === undefined || !existsSync(distFolder + entry)) return undefined;
  for (const name of readdirSync(distFolder)) {
    const contentType = CONTENT_TYPES[/\.([a-z]+)$/.exec(name)?.[1] ?? ""];
    if (contentType === undefined) continue;
    const brotli = existsSync(`${distFolder}${name}.br`) ? { brotli: readFileSync(`${distFolder}${name}.br`) } : {};
    files.set(name, { body: readFileSync(distFolder + name), contentType, ...brotli });
  }
  return `/small/${entry}`;
}

/** Tokens that are used, under short names: the page's 20 KB count uncompressed. */
function readStyles(): { forms: string; reading: string } {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  // the small pages follow the system's scheme; the web app's switch is not theirs
  const tokens = read("../../contract/tokens.css")
    .replace(/:root\[data-theme="dark"\] \{[^}]*\}/, "")
    .replace(':not([data-theme="light"])', "");
  const [forms, reading] = [read("./pages.css"), read("./reading.css")];
  const names = [...new Set((forms + reading + tokens).match(/--hf-[a-z0-9-]+/g))];
  const used = new Set((forms + reading).match(/--hf-[a-z0-9-]+/g));
  for (const [, , value = ""] of tokens.matchAll(/(--hf-[a-z0-9-]+): ([^;]*);/g))
    value.match(/--hf-[a-z0-9-]+/g)?.forEach((name) => used.add(name));
  const kept = tokens.replaceAll(/(--hf-[a-z0-9-]+): [^;]*;/g, (line, name: string) => (used.has(name) ? line : ""));
  const short = (css: string) => shorten(css).replaceAll(/--hf-[a-z0-9-]+/g, (name) => `--${names.indexOf(name).toString(36)}`);
  return { forms: short(kept + forms), reading: short(reading) };
}

/** Without comments and the space that CSS does not need. */
function shorten(css: string): string {
  return css
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?([{};,>]) ?/g, "$1")
    .replaceAll(/: /g, ":")
    .replaceAll(/([: (,-])0\.(\d)/g, "$1.$2")
    .replaceAll(";}", "}")
    .trim();
}
