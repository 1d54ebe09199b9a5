/**
 * How does a letter's reader tell us that it was not for them? By a link that names the recipient as rows do, by a keyed hash, and is signed:
 * whoever has the letter can stop letters to that address and allow them again, and nobody else can. The same letter has the same link.
 */
import { pack, unpack } from "#kit/pack.ts";
import { mintSigned, openSigned, type PurposeKeys } from "#kit/seal.ts";

const WHAT = "letters";
const MAC_BYTES = 32;

export function mintRecipientLink(keys: PurposeKeys, recipientMac: Uint8Array): string {
  return mintSigned(keys, pack([WHAT, recipientMac]));
}

/** The recipient's hash; `undefined` when the token is not one of ours, or its key was rotated away. */
export function openRecipientLink(keys: PurposeKeys, token: string): Buffer | undefined {
  const body = openSigned(keys, token);
  const [what, mac] = (body === undefined ? undefined : unpack(body, 2)) ?? [];
  return what?.toString("utf8") === WHAT && mac?.length === MAC_BYTES ? mac : undefined;
}
