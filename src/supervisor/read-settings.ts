/**
 * Which settings were given? The environment, and holdfast.env beside package.json: the only file that reads either.
 * What they mean is decided in config.ts; paths in them count from the project's folder, whatever folder one stands in.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { CHILD_ENVIRONMENT, type Sabotage } from "#contract/processes.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { parseConfig, tellMistakes, type Config } from "#src/config.ts";
import { SETTING_NAMES, type SettingName } from "#src/settings.ts";
import { readSabotage } from "./core/sabotage.ts";

export type Settings = {
  config: Config;
  /** Where each given setting comes from. */
  origin: Partial<Record<SettingName, "environment" | "file">>;
  /** The file with settings, as it is named to people. */
  fileName: string;
  /** As it was given, for `holdfast settings`. */
  given: Partial<Record<SettingName, string>>;
  /** What the child processes may see of our environment: nothing that holds a secret. */
  childEnvironment: Record<string, string>;
  /** null outside of the bench's own tests. */
  sabotage: Sabotage | null;
};
export type NotReadable = { tag: "settings"; sentence: string };

const PASSED_ON = [
  ...["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"],
  ...["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_COMPILE_CACHE", "SystemRoot"],
];

/** `file` is another file than holdfast.env; it then has to be there. */
export function readSettings(projectDir: string, file?: string): Outcome<Settings, NotReadable> {
  const { env } = process;
  const fileName = file ?? "holdfast.env";
  const written = readFileOf(file ?? join(projectDir, "holdfast.env"), file !== undefined);
  if (!written.ok) return written;
  const parsed = parseConfig({
    environment: env,
    file: written.value.values,
    strayLines: written.value.strayLines,
    fileName,
    machine: { cores: availableParallelism() },
  });
  if (!parsed.ok) return fail({ tag: "settings", sentence: tellMistakes(parsed.failure.mistakes) });
  const sabotage = readSabotage(env);
  if (!sabotage.ok) return sabotage;
  const config = parsed.value;
  const origin: Settings["origin"] = {};
  const given: Settings["given"] = {};
  for (const name of SETTING_NAMES) {
    const here = env[name]?.trim() || undefined;
    const value = here ?? (written.value.values[name]?.trim() || undefined);
    if (value === undefined) continue;
    origin[name] = here === undefined ? "file" : "environment";
    given[name] = value;
  }
  return succeed({
    config: {
      ...config,
      dataDir: resolve(projectDir, config.dataDir),
      model: { ...config.model, file: config.model.file === null ? null : resolve(projectDir, config.model.file) },
    },
    origin,
    fileName,
    given,
    sabotage: sabotage.value,
    childEnvironment: {
      ...CHILD_ENVIRONMENT,
      ...Object.fromEntries(PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    },
  });
}

type Written = { values: Record<string, string | undefined>; strayLines: number[] };

function readFileOf(path: string, required: boolean): Outcome<Written, NotReadable> {
  try {
    const text = readFileSync(path, "utf8");
    const strayLines = text.split(/\r?\n/).flatMap((line, index) => (/^\s*(#|$)|=/.test(line) ? [] : [index + 1]));
    return succeed({ values: parseEnv(text), strayLines });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" && !required) return succeed({ values: {}, strayLines: [] });
    const why =
      code === "ENOENT" ? "is not there" : code === "EACCES" ? "may not be read by this user" : `can't be read (${code ?? String(error)})`;
    return fail({ tag: "settings", sentence: `The file with the settings, ${path}, ${why}.` });
  }
}
