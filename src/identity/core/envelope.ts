/**
 * What does a pending registration consist of, laid out in bytes? It travels sealed in the applicant's browser.
 * Always the same size, whatever the address, so that its length tells nothing. Sealing and opening are identity.ts's.
 */
import { pack, unpack, unpackNumber } from "#kit/pack.ts";
import { WAYS, type Language, type Way } from "#contract/wire.ts";

export type Envelope = {
  /** Also the outbox row's id, on which tries are counted. */
  id: string;
  /** SHA-256 of the browser secret that it belongs to. */
  browserHash: Uint8Array;
  address: string;
  /** Keyed MAC of id and code; the code itself is only in the letter. */
  codeMac: Uint8Array;
  language: Language;
  way: Way;
  issuedAt: number;
  expiresAt: number;
};

const ADDRESS_BYTES = 254;
const HASH_BYTES = 32;

/** The bytes to seal, or `undefined` when the address does not fit. */
export function packEnvelope(envelope: Envelope): Buffer | undefined {
  const address = Buffer.from(envelope.address, "utf8");
  if (address.length === 0 || address.length > ADDRESS_BYTES) return undefined;
  const padded = Buffer.alloc(ADDRESS_BYTES);
  address.copy(padded);
  return pack([
    idBytes(envelope.id),
    envelope.browserHash,
    padded,
    envelope.codeMac,
    envelope.language,
    envelope.way,
    envelope.issuedAt,
    envelope.expiresAt,
  ]);
}

/** What was packed, or `undefined` when the bytes are not an envelope's. */
export function unpackEnvelope(bytes: Uint8Array): Envelope | undefined {
  const [id, browserHash, padded, codeMac, language, wayBytes, issued, expires] = unpack(bytes, 8) ?? [];
  const [issuedAt, expiresAt] = [unpackNumber(issued), unpackNumber(expires)];
  const spoken = language?.toString("utf8");
  const way = WAYS.find((one) => one === wayBytes?.toString("utf8"));
  if (id?.length !== 16 || browserHash?.length !== HASH_BYTES || codeMac?.length !== HASH_BYTES) return undefined;
  if (padded?.length !== ADDRESS_BYTES || issuedAt === undefined || expiresAt === undefined) return undefined;
  if ((spoken !== "en" && spoken !== "es") || way === undefined) return undefined;
  const end = padded.indexOf(0);
  const address = padded.subarray(0, end === -1 ? ADDRESS_BYTES : end).toString("utf8");
  return { id: idText(id), browserHash, address, codeMac, language: spoken, way, issuedAt, expiresAt };
}

function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll("-", ""), "hex");
}

function idText(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
