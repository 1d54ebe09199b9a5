/**
 * How does the web app reach the browser? One shell for its pages and the hashed files under /assets, from web/dist, each
 * read and compressed once. The policy forbids anything that is not ours: no inline script, no foreign image, font or request.
 */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { refuse, type Handler, type Handlers } from "./handler.ts";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  webmanifest: "application/manifest+json; charset=utf-8",
  svg: "image/svg+xml; charset=utf-8",
  png: "image/png",
  ico: "image/x-icon",
  webp: "image/webp",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
  map: "application/json; charset=utf-8",
};

const SHELL_POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

type File = { plain: Uint8Array<ArrayBuffer>; brotli?: Uint8Array<ArrayBuffer>; gzip?: Uint8Array<ArrayBuffer> };

/** Handlers of the pages behind the shell and of its files; `folder` is the built web app. */
export function webFileHandlers(folder: URL): Handlers {
  // bounded by the files that exist: only what was found on disk is kept
  const files = new Map<string, Promise<File | undefined>>();
  const fileAt = (path: string) => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const reading = load(new URL(path, folder));
    files.set(path, reading);
    reading.then(
      (file) => file === undefined && files.delete(path),
      () => files.delete(path),
    );
    return reading;
  };

  const shell: Handler = async ({ headers }) => {
    const file = await fileAt("index.html");
    if (file === undefined) return refuse("not-found");
    return send(file, "html", headers, {
      // the cookies of whoever asks may come with it
      "cache-control": "private, no-cache",
      "content-security-policy": SHELL_POLICY,
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    });
  };

  return {
    "GET /chat": shell,
    "GET /chat/:id": shell,
    "GET /operator/models": shell,
    "GET /operator/sign-up": shell,
    "GET /operator/mail": shell,
    "GET /assets/:file": async ({ headers, params }) => {
      const name = params["file"] ?? "";
      const type = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,120}\.([a-z0-9]+)$/.exec(name)?.[1];
      const file = type !== undefined && type in CONTENT_TYPES ? await fileAt(`assets/${name}`) : undefined;
      if (file === undefined || type === undefined) return refuse("not-found");
      return send(file, type, headers, { "cache-control": "public, max-age=31536000, immutable" });
    },
  };
}

/** The file and its compressed forms; `undefined` when there is none. */
async function load(path: URL): Promise<File | undefined> {
  let plain: Uint8Array<ArrayBuffer>;
  try {
    plain = await readFile(path);
  } catch (error) {
    if (["ENOENT", "EISDIR", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
  if (plain.length < 1_024 || !/\.(?:html|js|css|json|webmanifest|svg|txt|map)$/.test(path.pathname)) return { plain };
  const [brotli, zipped] = await Promise.all([
    promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    promisify(gzip)(plain, { level: 9 }),
  ]);
  return { plain, brotli, gzip: zipped };
}

function send(file: File, type: string, asked: Headers, headers: Record<string, string>): Response {
  const accepted = (asked.get("accept-encoding") ?? "").toLowerCase();
  const takes = (coding: string) => new RegExp(`\\b${coding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?\\s*(?:,|$))`).test(accepted);
  const [coding, body] =
    file.brotli !== undefined && takes("br")
      ? (["br", file.brotli] as const)
      : file.gzip !== undefined && takes("gzip")
        ? (["gzip", file.gzip] as const)
        : [undefined, file.plain];
  return new Response(body, {
    headers: {
      "content-type": CONTENT_TYPES[type] ?? "application/octet-stream",
      "content-length": String(body.length),
      vary: "Accept-Encoding",
      ...(coding === undefined ? {} : { "content-encoding": coding }),
      ...headers,
    },
  });
}
