/** How is a letter kept until the relay has it? Sealed, and bound to its own row, so that no row can be given another's words. */
import { pack, unpack } from "#kit/pack.ts";
import { mintSealed, openSealed, type PurposeKeys } from "#kit/seal.ts";
import { HOUR_MS } from "#kit/time.ts";
import { WAYS, type Language, type Way } from "#contract/wire.ts";

export type LetterBody = { address: string; code: string; language: Language; way: Way };

export function sealBody(keys: PurposeKeys, id: string, now: number, body: LetterBody): Buffer {
  const packed = pack([id, body.address, body.code, body.language, body.way]);
  return Buffer.from(mintSealed(keys, Math.floor(now / HOUR_MS), packed), "base64url");
}

/** `undefined` when the key is gone, or the bytes are not this letter's. */
export function openBody(keys: PurposeKeys, id: string, sealed: Buffer): LetterBody | undefined {
  const packed = openSealed(keys, sealed.toString("base64url"));
  const [owner, address, code, language, wayText] = (packed === undefined ? undefined : unpack(packed, 5))?.map(String) ?? [];
  const way = WAYS.find((one) => one === wayText);
  if (owner !== id || address === undefined || code === undefined || way === undefined) return undefined;
  return language === "en" || language === "es" ? { address, code, language, way } : undefined;
}
