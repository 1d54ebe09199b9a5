/**
 * Which problems can a client be told, and with which status? (RFC 9457)
 * The sentence for a person is `words/<language>/problems.ts` under the same code; a test keeps both equal,
 * together with docs/users/problems.md. Nothing of a database or of a provider is ever put into one.
 */

export const PROBLEMS = {
  "bad-request": 400,
  "not-signed-in": 401,
  "wrong-credentials": 401,
  "foreign-origin": 403,
  "operator-only": 403,
  "sign-up-closed": 403,
  "not-through-the-door": 403,
  "letters-stopped": 403,
  "not-found": 404,
  "method-not-allowed": 405,
  "already-signed-in": 409,
  "already-confirmed": 409,
  "place-spent": 409,
  "answer-running": 409,
  "setup-used": 409,
  "challenge-expired": 410,
  "place-expired": 410,
  "envelope-expired": 410,
  "link-expired": 410,
  "code-exhausted": 410,
  "body-too-large": 413,
  "too-long-for-model": 413,
  "unsupported-media": 415,
  "invalid-field": 422,
  "wrong-code": 422,
  "not-your-turn": 425,
  "letter-limit": 429,
  "network-limit": 429,
  "holder-limit": 429,
  "too-busy": 503,
  unexpected: 500,
  "model-failed": 502,
  "hub-refused": 502,
  "download-damaged": 502,
  "app-down": 503,
  "mail-down": 503,
  "letters-braked": 503,
  "model-unavailable": 503,
  "hub-down": 503,
  "ledger-unavailable": 503,
  "disk-full": 507,
  "download-no-room": 507,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** One field that is wrong, and what to do about it. `field` is the name in the request's body. */
export type FieldError = { field: string; sentence: string };

/** The body of every refusal, sent as application/problem+json. */
export type Problem = {
  type: string;
  code: ProblemCode;
  status: number;
  title: string;
  detail: string;
  /** Opaque; a person can quote it to the operator, who finds it in the log. */
  requestId?: string;
  errors?: FieldError[];
  /** For `wrong-code`: how many tries are left. */
  triesLeft?: number;
  /** For `sign-up-closed`: how the operator set sign-up, and since when (ms since 1970). */
  signUp?: { mode: "invited" | "closed"; since: number | null };
  /** Seconds until it makes sense to try again; also sent as Retry-After. */
  retryAfterSeconds?: number;
};

/** What a module adds to a problem beyond its code. */
export type ProblemExtras = Pick<Problem, "errors" | "triesLeft" | "signUp" | "retryAfterSeconds">;
