/**
 * Which request bodies are right? Every body is checked against its schema at the edge, and only there.
 * A wrong one becomes the problem `invalid-field` with a sentence per field (words: `field.<message key>`).
 */
import { z } from "zod";
import { LIMITS } from "./limits.ts";
import { SIGN_UP_MODES } from "./wire.ts";

export { CODE_ALPHABET, LIMITS } from "./limits.ts";

const language = z.enum(["en", "es"]);
/** In the form in which the database gives it back. */
const uuid = z.uuid({ error: "uuid" }).toLowerCase();
const address = z.string({ error: "required" }).trim().min(3, { error: "address" }).max(LIMITS.addressChars, { error: "address" });
const password = z.string({ error: "required" }).max(LIMITS.passwordMaxChars, { error: "password-long" });
const text = z
  .string({ error: "required" })
  .max(LIMITS.messageChars, { error: "message-long" })
  .refine((value) => value.isWellFormed(), { error: "broken-text" })
  .refine((value) => value.trim() !== "", { error: "empty" });

/** `nonce`: the work done for the challenge (optional: without it one waits). `place`: one that is held and shall be moved ahead. */
export const placeBody = z.strictObject({
  challenge: z.string().max(LIMITS.challengeBytes, { error: "token" }),
  nonce: z.string().max(LIMITS.nonceChars, { error: "token" }).optional(),
  place: z.string().max(LIMITS.placeBytes, { error: "token" }).optional(),
});
export const turnBody = z.strictObject({ place: z.string().max(LIMITS.placeBytes, { error: "token" }) });
export const letterBody = z.strictObject({
  place: z.string().max(LIMITS.placeBytes, { error: "token" }),
  address,
  language: language.optional(),
});
export const traceBody = z.strictObject({ envelope: z.string().max(LIMITS.envelopeBytes, { error: "token" }) });
export const confirmBody = z.strictObject({
  envelope: z.string().max(LIMITS.envelopeBytes, { error: "token" }),
  code: z.string({ error: "required" }).max(64, { error: "code" }),
  password,
});
export const signInBody = z.strictObject({ address, password });
export const notMeBody = z.strictObject({ token: z.string().max(256, { error: "token" }), stop: z.boolean({ error: "required" }) });
export const firstOperatorBody = z.strictObject({ token: z.string().max(128, { error: "token" }), address, password });
export const meBody = z.strictObject({ language });

export const conversationBody = z.strictObject({ id: uuid });
export const conversationPatch = z.strictObject({
  title: z
    .string()
    .trim()
    .min(1, { error: "empty" })
    .max(LIMITS.titleChars, { error: "title-long" })
    .refine((value) => value.isWellFormed(), { error: "broken-text" })
    .optional(),
  leafMessageId: uuid.optional(),
});
/** `id` is made by the client and makes sending idempotent: the same id twice is one message. */
export const messageBody = z.strictObject({
  id: uuid,
  parentId: uuid.nullable(),
  text,
  modelId: z.string().max(200, { error: "token" }).optional(),
});
/** `id` is the new answer's, made by the client, so that a double click is one answer. */
export const regenerateBody = z.strictObject({ id: uuid, modelId: z.string().max(200, { error: "token" }).optional() });
export const downloadBody = z.strictObject({ modelId: z.string().max(200, { error: "token" }) });
/** The pace belongs to `slow`, and to nothing else. */
export const signUpBody = z
  .strictObject({
    mode: z.enum(SIGN_UP_MODES, { error: "sign-up-mode" }),
    lettersPerMinute: z
      .int({ error: "letters-per-minute" })
      .min(1, { error: "letters-per-minute" })
      .max(LIMITS.lettersPerMinute, {
        error: "letters-per-minute",
      })
      .nullable(),
  })
  .refine(({ mode, lettersPerMinute }) => (mode === "slow") === (lettersPerMinute !== null), {
    error: "letters-per-minute",
    path: ["lettersPerMinute"],
  });
/** The name by which the server is shown: "A" is the first of SMTP_URL. */
export const mailTestBody = z.strictObject({ server: z.string().max(1, { error: "token" }) });
export const defaultModelBody = z.strictObject({ modelId: z.string().max(200, { error: "token" }) });
