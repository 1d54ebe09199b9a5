/**
 * Which passwords are commonly breached? The list of @zxcvbn-ts/language-common (MIT; 49,233 entries), checked here and
 * never asked of anybody. Kept as the file's own text, 0.5 MB, from the first look-up on: as an array it takes 6 MB.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

let list: string | undefined;

/** Looks a lower-case word up. A look-up takes about 0.1 ms. */
export function commonPasswords(): (word: string) => boolean {
  list ??= readFileSync(fileURLToPath(import.meta.resolve("@zxcvbn-ts/language-common/src/passwords.json")), "utf8");
  const text = list;
  return (word) => text.includes(JSON.stringify(word));
}
