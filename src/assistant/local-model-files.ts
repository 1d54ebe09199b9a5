/**
 * Which model files are on this machine? Every *.gguf in the models folder and the operator's own MODEL_FILE.
 * What can't hold a conversation, and the later parts of a split file, are not among them.
 */
import { open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { LOCAL_CONTEXT_TOKENS } from "#contract/model-protocol.ts";
import { CATALOGUE } from "./catalogue.ts";
import { canChat, GGUF_HEADER_BYTES, readGgufHeader } from "./core/gguf-header.ts";

export type LocalFile = {
  /** "local/<file name>" */
  modelId: string;
  path: string;
  fileName: string;
  name: string;
  sizeBytes: number;
  contextTokens: number;
};

export function localModelId(path: string): string {
  return `local/${basename(path)}`;
}

export function createLocalFiles({ modelsDir, modelFile }: { modelsDir: string; modelFile: string | null }) {
  // what a file says of itself can't change as long as it is the same file: at most one entry per file that is there
  let known = new Map<string, { stamp: string; file: LocalFile | undefined }>();

  async function list(): Promise<LocalFile[]> {
    const names = await readdir(modelsDir).catch(() => []);
    const paths = names.filter((name) => name.endsWith(".gguf") && !/-0*([2-9]|[1-9]\d+)-of-\d+\.gguf$/.test(name)).toSorted();
    const all = [...(modelFile === null ? [] : [modelFile]), ...paths.map((name) => join(modelsDir, name))];
    const now: typeof known = new Map();
    for (const path of all) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() !== true) continue;
      const stamp = `${found.size}:${found.mtimeMs}`;
      const before = known.get(path);
      now.set(path, before?.stamp === stamp ? before : { stamp, file: await describe(path, found.size) });
    }
    known = now;
    const seen = new Map<string, LocalFile>();
    for (const { file } of now.values()) if (file !== undefined && !seen.has(file.modelId)) seen.set(file.modelId, file);
    return [...seen.values()];
  }

  return {
    list,
    async find(modelId: string): Promise<LocalFile | undefined> {
      return (await list()).find((file) => file.modelId === modelId);
    },
  };
}

/** True when this file can hold a conversation here. */
export async function canRun(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && (await describe(path, found.size)) !== undefined;
}

async function describe(path: string, sizeBytes: number): Promise<LocalFile | undefined> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(GGUF_HEADER_BYTES), 0, GGUF_HEADER_BYTES, 0);
    const header = readGgufHeader(buffer.subarray(0, bytesRead));
    if (header === undefined || !canChat(header)) return undefined;
    const fileName = basename(path);
    return {
      modelId: localModelId(path),
      path,
      fileName,
      name: CATALOGUE.find((model) => model.fileName === fileName)?.name ?? header.name ?? fileName.replace(/\.gguf$/, ""),
      sizeBytes,
      contextTokens: Math.min(header.contextTokens ?? LOCAL_CONTEXT_TOKENS, LOCAL_CONTEXT_TOKENS),
    };
  } finally {
    await handle.close();
  }
}
