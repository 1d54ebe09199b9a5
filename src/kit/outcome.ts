/**
 * How does a function say that an expected thing went wrong? By returning it.
 * Thrown errors are for bugs and broken machines only.
 */

/** Either `{ ok: true, value }` or `{ ok: false, failure }`, where the failure carries a `tag`. */
export type Outcome<Value, Failure extends { tag: string }> = { ok: true; value: Value } | { ok: false; failure: Failure };

export function succeed<Value>(value: Value): { ok: true; value: Value } {
  return { ok: true, value };
}

export function fail<const Failure extends { tag: string }>(failure: Failure): { ok: false; failure: Failure } {
  return { ok: false, failure };
}

/** For the `default` of a switch over a tagged union: the compiler refuses it when a case is missing. */
export function unreachable(value: never): never {
  throw new Error(`a case is missing for ${JSON.stringify(value)}`);
}
