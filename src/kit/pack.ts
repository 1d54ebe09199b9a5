/**
 * How are the fields of a token laid out in bytes? Length-prefixed, in order, with nothing optional,
 * so that two different lists of fields never give the same bytes (no splicing).
 */

export type Field = Uint8Array | string | number;

/** Encodes `fields`: each as a 16-bit length and its bytes; numbers as 8-byte doubles. Throws on a field over 65,535 bytes. */
export function pack(fields: readonly Field[]): Buffer {
  const parts: Buffer[] = [];
  for (const field of fields) {
    const body = toBytes(field);
    if (body.length > 0xffff) throw new RangeError("a packed field is at most 65,535 bytes long");
    const length = Buffer.alloc(2);
    length.writeUInt16BE(body.length);
    parts.push(length, body);
  }
  return Buffer.concat(parts);
}

/** Decodes what `pack` made. `undefined` unless there are exactly `count` whole fields and nothing after them. */
export function unpack(bytes: Uint8Array, count: number): Buffer[] | undefined {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Buffer[] = [];
  let at = 0;
  while (at < source.length && fields.length < count) {
    if (at + 2 > source.length) return undefined;
    const end = at + 2 + source.readUInt16BE(at);
    if (end > source.length) return undefined;
    fields.push(source.subarray(at + 2, end));
    at = end;
  }
  return at === source.length && fields.length === count ? fields : undefined;
}

/** Reads a number field; `undefined` when the field is not 8 bytes or not finite. */
export function unpackNumber(field: Uint8Array | undefined): number | undefined {
  if (field?.length !== 8) return undefined;
  const value = Buffer.from(field).readDoubleBE(0);
  return Number.isFinite(value) ? value : undefined;
}

function toBytes(field: Field): Buffer {
  if (typeof field === "string") return Buffer.from(field, "utf8");
  if (typeof field === "number") {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(field);
    return bytes;
  }
  return Buffer.from(field);
}
