/**
 * How do registration, sign-in and the account's own data look over HTTP? Bodies are checked here, tags become problem codes,
 * tokens become cookies. Everything that is decided, identity decides. A session that is there is never replaced.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { COOKIES, readCookie, setCookie } from "#contract/cookies.ts";
import { INTERNAL } from "#contract/processes.ts";
import type { FieldFault } from "#contract/problem-body.ts";
import { confirmBody, firstOperatorBody, letterBody, meBody, notMeBody, signInBody, traceBody } from "#contract/schemas.ts";
import { DEVICE_LIFETIME_MS, PASS_LIFETIME_MS } from "#contract/tokens.ts";
import type { AccountAnswer, AddressedTrace, LetterAnswer, SignUpSetting, Way } from "#contract/wire.ts";
import { SESSION_LIFETIME_MS, type Identity, type SignedIn, type Visitor } from "#identity/identity.ts";
import type { MailboxLetter } from "#mail/mail.ts";
import { checkBody, json, member, refuse, refuseFields, type Handler, type Handlers, type RequestContext } from "./handler.ts";

export type RegistrationParts = {
  identity: Pick<Identity, "requestLetter" | "traceLetter" | "confirm" | "signIn" | "signOut" | "makeFirstOperator" | "changeLanguage">;
  readMailbox: () => Promise<MailboxLetter[]>;
  /** Whether the token named a recipient, whose letters are then stopped or allowed. */
  stopLetters: (token: string, stop: boolean) => Promise<boolean>;
  /** How the operator set sign-up. */
  signUp: () => SignUpSetting;
  /** Hears of a session that was signed out. */
  onSignOut?: (sessionId: string) => void;
  /** SHA-256 (hex) of the token that opens the built-in mailbox, or null when it is off. */
  mailboxTokenSha256: string | null;
};

const BROWSER_SECRET_SECONDS = 24 * 60 * 60;
const PLACE_BYTES = 16;

export function registrationHandlers({
  identity,
  signUp,
  readMailbox,
  stopLetters,
  mailboxTokenSha256,
  onSignOut,
}: RegistrationParts): Handlers {
  const takesNew = (): boolean => signUp().mode === "open" || signUp().mode === "slow";
  const closed = (): Response => {
    const { mode, since } = signUp();
    return refuse("sign-up-closed", mode === "open" || mode === "slow" ? {} : { signUp: { mode, since } });
  };

  /** For a forgotten password also while nobody new comes in: only the app knows who has an account, and it asks with the code. */
  const orderLetter = async (way: Way, context: RequestContext): Promise<Response> => {
    const placeId = placeOf(context.headers);
    if (placeId === undefined) return refuse("not-through-the-door");
    // the door says so before; it may have heard of it later
    if (way === "sign-up" && !takesNew()) return closed();
    const body = checkBody(letterBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const { address, language } = body.value;
    const ordered = await identity.requestLetter({
      placeId,
      effort: Number(context.headers.get(INTERNAL.effort) ?? "0") || 0,
      address,
      language: language ?? context.language,
      way,
      visitor: visitorOf(context.headers),
    });
    return ordered.ok ? json(ordered.value satisfies LetterAnswer) : refuseFor(context, ordered.failure);
  };

  const trace: Handler = async (context) => {
    const body = checkBody(traceBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const found = await identity.traceLetter({ ...body.value, visitor: visitorOf(context.headers) });
    return found.ok ? json(found.value satisfies AddressedTrace) : refuseFor(context, found.failure);
  };

  const confirm: Handler = async (context) => {
    if (context.account !== null) return refuse("already-signed-in");
    const body = checkBody(confirmBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const confirmed = await identity.confirm({ ...body.value, takesNew: takesNew(), visitor: visitorOf(context.headers) });
    if (confirmed.ok) return welcome(confirmed.value);
    return confirmed.failure.tag === "sign-up-closed" ? closed() : refuseFor(context, confirmed.failure);
  };

  const signIn: Handler = async (context) => {
    if (context.account !== null) return refuse("already-signed-in");
    const body = checkBody(signInBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const signedIn = await identity.signIn({ ...body.value, visitor: visitorOf(context.headers) });
    return signedIn.ok ? welcome(signedIn.value) : refuseFor(context, signedIn.failure);
  };

  const signOut: Handler = async (context) => {
    const answer = json({});
    const expire = (name: typeof COOKIES.session | typeof COOKIES.pass) => answer.headers.append("set-cookie", setCookie(name, "", 0));
    expire(COOKIES.session);
    expire(COOKIES.pass);
    if (context.sessionId !== null) {
      const { browserSecret } = await identity.signOut(context.sessionId);
      onSignOut?.(context.sessionId);
      answer.headers.append("set-cookie", setCookie(COOKIES.browser, browserSecret, BROWSER_SECRET_SECONDS));
    }
    return answer;
  };

  const makeFirstOperator: Handler = async (context) => {
    if (context.account !== null) return refuse("already-signed-in");
    const body = checkBody(firstOperatorBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const made = await identity.makeFirstOperator({ ...body.value, language: context.language, visitor: visitorOf(context.headers) });
    return made.ok ? welcome(made.value) : refuseFor(context, made.failure);
  };

  const notMe: Handler = async (context) => {
    const body = checkBody(notMeBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const { token, stop } = body.value;
    return (await stopLetters(token, stop)) ? json({}) : refuse("link-expired");
  };

  const mailbox: Handler = async ({ query }) => {
    const given = createHash("sha256")
      .update(query.get("token") ?? "")
      .digest();
    const expected = Buffer.from(mailboxTokenSha256 ?? "", "hex");
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) return refuse("not-found");
    return json({ letters: await readMailbox() });
  };

  const changeMe: Handler = async (context) => {
    const body = checkBody(meBody, context.body);
    if (!body.ok) return refuseFields(context, body.failure.fields);
    const { language } = body.value;
    const account = member(context);
    await identity.changeLanguage(account.id, language);
    const answer = json({ account: { ...account, language } } satisfies AccountAnswer);
    answer.headers.append("set-cookie", setCookie(COOKIES.language, language, DEVICE_LIFETIME_MS / 1_000));
    return answer;
  };

  return {
    "POST /sign-up/letter": (context) => orderLetter("sign-up", context),
    "POST /recover/letter": (context) => orderLetter("recover", context),
    "POST /sign-up/trace": trace,
    "POST /sign-up/confirm": confirm,
    "POST /sign-in": signIn,
    "POST /sign-out": signOut,
    "POST /first-operator": makeFirstOperator,
    "POST /not-me": notMe,
    "GET /mailbox": mailbox,
    "GET /api/me": (context) => json({ account: member(context) } satisfies AccountAnswer),
    "PATCH /api/me": changeMe,
  };
}

type Failure =
  | { tag: "invalid-field"; fields: FieldFault[] }
  | { tag: "too-busy" | "letter-limit" | "letters-braked" | "mail-down"; retryAfterMs: number }
  | { tag: "wrong-code"; triesLeft: number }
  | {
      tag:
        | "place-expired"
        | "place-spent"
        | "letters-stopped"
        | "envelope-expired"
        | "code-exhausted"
        | "already-confirmed"
        | "wrong-credentials"
        | "setup-used";
    };

/** Identity's tags are named like their problem codes. */
function refuseFor(context: RequestContext, failure: Failure): Response {
  switch (failure.tag) {
    case "invalid-field":
      return refuseFields(context, failure.fields);
    case "too-busy":
    case "letter-limit":
    case "letters-braked":
    case "mail-down":
      return refuse(failure.tag, { retryAfterSeconds: Math.ceil(failure.retryAfterMs / 1_000) });
    case "wrong-code":
      return refuse("wrong-code", { triesLeft: failure.triesLeft });
    default:
      return refuse(failure.tag);
  }
}

/** The account, and its cookies. What the browser had before it signed in is replaced or removed. */
function welcome(signedIn: SignedIn): Response {
  const answer = json({ account: signedIn.account } satisfies AccountAnswer);
  const set = (...cookie: Parameters<typeof setCookie>) => answer.headers.append("set-cookie", setCookie(...cookie));
  set(COOKIES.session, signedIn.sessionToken, SESSION_LIFETIME_MS / 1_000);
  set(COOKIES.pass, signedIn.passToken, PASS_LIFETIME_MS / 1_000);
  set(COOKIES.device, signedIn.deviceToken, DEVICE_LIFETIME_MS / 1_000);
  set(COOKIES.browser, signedIn.browserSecret, BROWSER_SECRET_SECONDS);
  set(COOKIES.draft, "", 0);
  return answer;
}

function visitorOf(headers: Headers): Visitor {
  const cookies = headers.get("cookie") ?? undefined;
  return {
    browserSecret: readCookie(cookies, COOKIES.browser),
    deviceToken: readCookie(cookies, COOKIES.device),
    userAgent: headers.get("user-agent") ?? undefined,
    network: headers.get(INTERNAL.clientPrefix) ?? undefined,
  };
}

/** The place that the door let through: only the door can send it. */
function placeOf(headers: Headers): Uint8Array | undefined {
  const text = headers.get(INTERNAL.placeId) ?? "";
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === PLACE_BYTES && /^[A-Za-z0-9_-]{22}$/.test(text) ? bytes : undefined;
}
