/** How long may a request take and how much may come back, by what it is for? A model on a small CPU thinks for minutes. */
import type { EgressEntry } from "#contract/wire.ts";

export type Purpose = EgressEntry["purpose"];
export type Limits = {
  connectMs: number;
  /** From the last byte sent to the answer's head. */
  firstByteMs: number;
  /** Between two pieces of the answer. */
  idleMs: number;
  /** `null`: the caller counts. */
  responseBytes: number | null;
};

const MEBIBYTE = 1024 * 1024;

export const LIMITS_OF: { readonly [purpose in Purpose]: Limits } = {
  answer: { connectMs: 10_000, firstByteMs: 300_000, idleMs: 300_000, responseBytes: 64 * MEBIBYTE },
  title: { connectMs: 5_000, firstByteMs: 60_000, idleMs: 60_000, responseBytes: MEBIBYTE },
  "model-list": { connectMs: 3_000, firstByteMs: 5_000, idleMs: 5_000, responseBytes: 4 * MEBIBYTE },
  download: { connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000, responseBytes: null },
};
