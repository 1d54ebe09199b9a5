/**
 * How is the web app built? Hashed files under web/dist/assets and one shell without inline script or style, as the
 * policy of src/http/web-files.ts wants it. web/dist/small belongs to another build and is left alone.
 */
import { readFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Old hashed files go, so that dist holds one build. */
function clearAssets(): Plugin {
  let outDir = at("dist");
  return {
    name: "clear-assets",
    apply: "build",
    configResolved: (config) => void (outDir = config.build.outDir),
    buildStart: () => rm(new URL("assets/", `file://${outDir}/`), { recursive: true, force: true }),
  };
}

/** A file of a few lines that runs before the page is painted; the policy forbids to write it into the page. */
function themeFirst(): Plugin {
  let file = "";
  return {
    name: "theme-first",
    apply: "build",
    async buildStart() {
      file = this.emitFile({ type: "asset", name: "theme-first.js", source: await readFile(at("app/theme-first.js"), "utf8") });
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const asset = Object.values(bundle).find((one) => one.type === "asset" && one.names.includes("theme-first.js"));
        if (file === "" || asset === undefined) throw new Error("theme-first.js is not in the build");
        return [{ tag: "script", attrs: { src: `/${asset.fileName}` }, injectTo: "head-prepend" }];
      },
    },
  };
}

export default defineConfig({
  root: at("."),
  publicDir: false,
  plugins: [clearAssets(), themeFirst(), react(), tailwindcss()],
  resolve: { alias: [{ find: /^#contract\//, replacement: at("../src/contract/") }] },
  build: {
    outDir: at("dist"),
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
