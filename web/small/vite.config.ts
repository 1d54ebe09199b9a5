/**
 * How is the small pages' script built? Flat hashed files under web/dist/small, a manifest that the door reads, and each
 * file compressed beside itself. One entry; the meter and its dictionaries are pieces that load when somebody types a password, the
 * sum and its worker when the door asks for effort.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const OUT = here("../dist/small/");

function compressBeside(): Plugin {
  let folder = OUT;
  return {
    name: "compress-beside",
    configResolved: (config) => void (folder = resolve(config.root, config.build.outDir)),
    closeBundle() {
      for (const name of readdirSync(folder)) {
        if (name.endsWith(".js")) writeFileSync(join(folder, `${name}.br`), brotliCompressSync(readFileSync(join(folder, name))));
      }
    },
  };
}

export default defineConfig({
  root: here("."),
  base: "/small/",
  publicDir: false,
  resolve: { alias: { "#contract": here("../../src/contract") } },
  plugins: [compressBeside()],
  worker: { format: "es", rolldownOptions: { output: { minify: true, entryFileNames: "[name]-[hash].js" } } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    manifest: true,
    target: "es2023",
    modulePreload: false,
    reportCompressedSize: false,
    // as a library: then no helper of 2 KB that preloads pieces comes along
    lib: { entry: here("small.ts"), formats: ["es"] },
    rolldownOptions: {
      preserveEntrySignatures: false,
      output: {
        minify: true,
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
