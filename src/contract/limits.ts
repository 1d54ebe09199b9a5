/**
 * How long and of which symbols may things be that people type or tokens carry? Apart from the schemas, so that the small
 * pages' script can know them without the schema library.
 */

/** Bits of effort that a stranger is asked for at most: 2^19 hashes are 5 s of a slow phone on average, 16 s in one case of twenty. */
export const MOST_EFFORT_BITS = 19;

/** Limits that both sides know. */
export const LIMITS = {
  addressChars: 254,
  passwordMinChars: 10,
  passwordMaxChars: 256,
  codeSymbols: 8,
  titleChars: 200,
  messageChars: 100_000,
  envelopeBytes: 1_024,
  placeBytes: 512,
  challengeBytes: 512,
  /** Eight bytes as base64url. */
  nonceChars: 11,
  /** The fastest pace that is still called slow: the mail server's own may be as fast as it likes. */
  lettersPerMinute: 6_000,
} as const;

/** The 32 symbols of a code (5 bits each): digits and capitals without 0, 1, I and O, which are read as one another. */
export const CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
