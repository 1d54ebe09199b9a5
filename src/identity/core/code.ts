/**
 * How does the code in the letter look, and what does a person mean by what they typed? Eight symbols of 5 bits each.
 * Spaces, dashes and small letters are forgiven; a symbol that is not in the alphabet is not guessed at.
 */
import { CODE_ALPHABET, LIMITS } from "#contract/schemas.ts";

/** How many random bytes a code takes. */
export const CODE_BYTES = LIMITS.codeSymbols;

/** A code without its dash. Unbiased: 256 is a multiple of the alphabet's 32. */
export function makeCode(random: Uint8Array): string {
  return Array.from(random.subarray(0, CODE_BYTES), (byte) => CODE_ALPHABET[byte % CODE_ALPHABET.length]).join("");
}

/** As the letter shows it: `XXXX-XXXX`. */
export function showCode(code: string): string {
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** The eight symbols that a person typed or pasted, or `undefined` when they can't be a code. */
export function normaliseCode(typed: string): string | undefined {
  const code = typed
    .normalize("NFKC")
    .replaceAll(/[\s\p{Dash}_.]/gu, "")
    .toUpperCase();
  return code.length === LIMITS.codeSymbols && [...code].every((symbol) => CODE_ALPHABET.includes(symbol)) ? code : undefined;
}
