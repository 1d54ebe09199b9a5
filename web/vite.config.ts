/**
 * How is the web app built? Hashed files under web/dist/assets and one shell without inline script or style, as the
 * policy of src/http/web-files.ts wants it. web/dist/small belongs to another build and is left alone.
 */
import { rm } from "node:fs/promises";
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

export default defineConfig({
  root: at("."),
  publicDir: false,
  plugins: [clearAssets(), react(), tailwindcss()],
  resolve: { alias: [{ find: /^#contract\//, replacement: at("../src/contract/") }] },
  build: {
    outDir: at("dist"),
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
