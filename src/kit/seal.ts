/**
 * How do we make a token that nobody else can make or alter? One HMAC or one AES-256-GCM, under a subkey
 * that belongs to one purpose, with the purpose and the key's id authenticated.
 * Synchronous node:crypto on purpose: WebCrypto was measured five times dearer for tokens of this size.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import { pack } from "./pack.ts";

/** What a key may be used for. A process is handed the keys of its own purposes and of no others. */
export const PURPOSES = ["challenge", "place", "envelope", "code", "letter", "recipient", "pass", "device", "bucket", "mailbox"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** One purpose's key of one generation. `id` is the root key's number in the ring. */
export type PurposeKey = { id: number; key: Uint8Array };

/** The keys of one purpose: mint with the current one, accept the previous one too. */
export type PurposeKeys = {
  purpose: Purpose;
  current: PurposeKey;
  previous?: PurposeKey;
};

/** Derives the key of `purpose` from a 32-byte root key (HKDF-SHA-256, RFC 5869). */
export function derivePurposeKey(root: { id: number; secret: Uint8Array }, purpose: Purpose): PurposeKey {
  const key = hkdfSync("sha256", root.secret, "holdfast", `purpose:${purpose}`, 32);
  return { id: root.id, key: new Uint8Array(key) };
}

const MAC_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A token whose body anybody can read and nobody can alter: base64url of key id, HMAC-SHA-256, body. */
export function mintSigned(keys: PurposeKeys, body: Uint8Array): string {
  const mac = macOf(keys.purpose, keys.current, body);
  return Buffer.concat([Uint8Array.of(keys.current.id & 0xff), mac, body]).toString("base64url");
}

/** The body of a signed token, or `undefined` when it is not one of ours. Constant time in the MAC. */
export function openSigned(keys: PurposeKeys, token: string, limitBytes = 1_024): Buffer | undefined {
  return openSignedWith(() => keys, token, limitBytes);
}

/** The same with the keys that `keysFor` names for what the token says of itself, unchecked; `undefined`: none. */
export function openSignedWith(keysFor: (claim: Buffer) => PurposeKeys | undefined, token: string, limitBytes = 1_024): Buffer | undefined {
  const raw = decode(token, limitBytes);
  if (raw === undefined || raw.length < 1 + MAC_BYTES) return undefined;
  const body = raw.subarray(1 + MAC_BYTES);
  const keys = keysFor(body);
  const key = keys === undefined ? undefined : keyById(keys, raw[0] ?? -1);
  if (keys === undefined || key === undefined) return undefined;
  return timingSafeEqual(macOf(keys.purpose, key, body), raw.subarray(1, 1 + MAC_BYTES)) ? body : undefined;
}

/** What a signed token says of itself, unchecked: to find the key with which `openSigned` then checks it. */
export function claimOf(token: string, limitBytes = 1_024): Buffer | undefined {
  const raw = decode(token, limitBytes);
  return raw === undefined || raw.length < 1 + MAC_BYTES ? undefined : raw.subarray(1 + MAC_BYTES);
}

/**
 * A token whose body nobody but us can read: base64url of key id, nonce, ciphertext, tag.
 * The subkey changes with `hour` (hours since 1970), so no key seals more than an hour's worth of tokens.
 */
export function mintSealed(keys: PurposeKeys, hour: number, body: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", hourKey(keys.current, hour), nonce);
  cipher.setAAD(pack([keys.purpose, keys.current.id, hour]));
  const sealed = Buffer.concat([cipher.update(body), cipher.final(), cipher.getAuthTag()]);
  const head = Buffer.alloc(5);
  head.writeUInt8(keys.current.id & 0xff, 0);
  head.writeUInt32BE(hour, 1);
  return Buffer.concat([head, nonce, sealed]).toString("base64url");
}

/** The body of a sealed token, or `undefined` when it was altered, made for another purpose, or under a key that is gone. */
export function openSealed(keys: PurposeKeys, token: string, limitBytes = 1_024): Buffer | undefined {
  const raw = decode(token, limitBytes);
  if (raw === undefined || raw.length < 5 + NONCE_BYTES + TAG_BYTES) return undefined;
  const key = keyById(keys, raw.readUInt8(0));
  if (key === undefined) return undefined;
  const hour = raw.readUInt32BE(1);
  const nonce = raw.subarray(5, 5 + NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", hourKey(key, hour), nonce);
  decipher.setAAD(pack([keys.purpose, key.id, hour]));
  decipher.setAuthTag(raw.subarray(raw.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(raw.subarray(5 + NONCE_BYTES, raw.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** A keyed MAC of `fields` under the current key, for things that are compared and never opened. 32 bytes. */
export function keyedMac(key: PurposeKey, purpose: Purpose, fields: readonly (Uint8Array | string | number)[]): Buffer {
  return macOf(purpose, key, pack(fields));
}

/** Equal in constant time; `false` when the lengths differ. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function keyById(keys: PurposeKeys, id: number): PurposeKey | undefined {
  if ((keys.current.id & 0xff) === id) return keys.current;
  if (keys.previous !== undefined && (keys.previous.id & 0xff) === id) return keys.previous;
  return undefined;
}

function macOf(purpose: Purpose, key: PurposeKey, body: Uint8Array): Buffer {
  const head = pack([purpose, key.id]);
  const whole = Buffer.allocUnsafe(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return createHmac("sha256", key.key).update(whole).digest();
}

function hourKey(key: PurposeKey, hour: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key.key, "holdfast", `hour:${hour}`, 32));
}

function decode(token: string, limitBytes: number): Buffer | undefined {
  if (token.length > limitBytes || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  return Buffer.from(token, "base64url");
}
