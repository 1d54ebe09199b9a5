/**
 * Where does randomness come from? The only file that draws it.
 * Tests hand in `seededDice`, so the same seed gives the same run.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";

export type Dice = {
  /** `size` random bytes. */
  bytes(size: number): Uint8Array;
  /** A number in [0, 1). */
  fraction(): number;
  /** A random (version 4) UUID in its text form. */
  uuid(): string;
};

export const systemDice: Dice = {
  bytes: (size) => randomBytes(size),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  uuid: () => randomUUID(),
};

/** Dice for tests and simulations: SHA-256 in counter mode over `seed`. Never for secrets. */
export function seededDice(seed: string): Dice {
  let counter = 0;
  const bytes = (size: number): Buffer => {
    const blocks: Buffer[] = [];
    for (let length = 0; length < size; length += 32) {
      blocks.push(createHash("sha256").update(`${seed}:${counter++}`).digest());
    }
    return Buffer.concat(blocks).subarray(0, size);
  };
  return {
    bytes,
    fraction: () => bytes(6).readUIntBE(0, 6) / 2 ** 48,
    uuid() {
      const raw = bytes(16);
      raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
      raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
      const hex = raw.toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
  };
}
