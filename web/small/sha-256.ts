/**
 * How is SHA-256 worked out without the browser's own? That one is there on https only, and answers each try with a promise.
 * `digest` hashes any bytes; `search` tries nonces after the digest of a challenge, which is one block each, with the rounds
 * that never change done once. What counts as work: src/kit/effort.ts.
 */

const PURPOSE = "holdfast-effort:";
/** The seed's eight words, the nonce's two, the padding; in bits. */
const TRY_BITS = 320;
const NONCE_LOW = 9;

const PRIMES = Array.from({ length: 311 }, (_, at) => at + 1).filter((one) => one > 1 && isPrime(one));
/** The first 32 bits of the fraction of a root. */
const fraction = (root: number) => ((root % 1) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

export function digest(bytes: Uint8Array): Uint8Array {
  const length = (bytes.length + 9 + 63) & ~63;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(length - 4, bytes.length * 8);
  const state = START.slice();
  const words = new Int32Array(64);
  for (let at = 0; at < length; at += 64) {
    for (let word = 0; word < 16; word += 1) words[word] = view.getInt32(at + 4 * word);
    const after = state.slice();
    rounds(after, words, 0);
    for (let word = 0; word < 8; word += 1) state[word] = state[word]! + after[word]!;
  }
  const out = new DataView(new ArrayBuffer(32));
  for (let word = 0; word < 8; word += 1) out.setInt32(4 * word, state[word]!);
  return new Uint8Array(out.buffer);
}

export type Search = {
  /** The most leading zero bits so far (at most 32), and the nonce that has them. */
  best: { bits: number; nonce: Uint8Array };
  /** Tries `count` nonces more, or fewer when one has `wanted` bits. Says how many. */
  run(count: number, wanted: number): number;
};

/** `high` is the nonces' first half: those who search side by side each have their own. */
export function search(challenge: string, high: number): Search {
  const seed = new DataView(digest(new TextEncoder().encode(PURPOSE + challenge)).buffer);
  const words = new Int32Array(64);
  for (let word = 0; word < 8; word += 1) words[word] = seed.getInt32(4 * word);
  words[8] = high;
  words[10] = 0x8000_0000;
  words[15] = TRY_BITS;
  const before = START.slice();
  rounds(before, words, 0, NONCE_LOW);
  const after = new Int32Array(8);
  const best = { bits: -1, nonce: new Uint8Array(8) };
  let low = 0;
  return {
    best,
    run(count, wanted) {
      for (let tried = 1; tried <= count; tried += 1) {
        low += 1;
        words[NONCE_LOW] = low;
        after.set(before);
        rounds(after, words, NONCE_LOW);
        const bits = Math.clz32(after[0]! + START[0]!);
        if (bits <= best.bits) continue;
        best.bits = bits;
        new DataView(best.nonce.buffer).setInt32(0, high);
        new DataView(best.nonce.buffer).setInt32(4, low);
        if (bits >= wanted) return tried;
      }
      return count;
    },
  };
}

/** The rounds from `from` up to `to` on `state`; `words` beyond the sixteenth are filled in. */
function rounds(state: Int32Array, words: Int32Array, from: number, to = 64): void {
  for (let at = 16; at < to; at += 1) {
    const [x, y] = [words[at - 15]!, words[at - 2]!];
    const small = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const large = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[at] = words[at - 16]! + small + words[at - 7]! + large;
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let at = from; at < to; at += 1) {
    const large = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const first = (h + large + ((e & f) ^ (~e & g)) + ROUNDS[at]! + words[at]!) | 0;
    const small = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = small + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = a;
  state[1] = b;
  state[2] = c;
  state[3] = d;
  state[4] = e;
  state[5] = f;
  state[6] = g;
  state[7] = h;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false;
  return true;
}
