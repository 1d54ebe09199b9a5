/**
 * Whose address and password are these? Also the one-time link that makes the first operator.
 * An address without an account costs the same hash and gets the same answer as a wrong password.
 */
import type { FieldFault } from "#contract/problem-body.ts";
import type { Language } from "#contract/wire.ts";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";
import { DAY_MS } from "#kit/time.ts";
import { checkAddress } from "#mail/mail.ts";
import { commonPasswords } from "./common-passwords.ts";
import { canonicalPassword, judgePassword } from "./core/password.ts";
import type { TooBusy } from "./hash-line.ts";
import { secretHash, type Parts, type SignedIn, type Visitor } from "./parts.ts";
import { holderOf, openSession } from "./sessions.ts";
import {
  closeFirstOperatorLink,
  endSessions,
  findAccount,
  holdPassword,
  insertAccount,
  isFirstOperatorLinkOpen,
  lockFirstOperatorLink,
  makeOperator,
  type Ended,
  type StoredAccount,
} from "./store.ts";

export type SignInRefusal = { tag: "wrong-credentials" } | { tag: "invalid-field"; fields: FieldFault[] } | TooBusy;
export type FirstOperatorRefusal = SignInRefusal | { tag: "setup-used" };

/** The hash of a password that nobody knows: what an address without an account is verified against. */
const NOBODYS_PHC = "$argon2id$v=19$m=19456,t=2,p=1$9jlmSEK433GUUM5otss8sg$SxLYG/n7G81/rqMXZwcMzWXMSPg/YLaZQfnDdG5Iufw";

export async function signIn(
  parts: Parts,
  asked: { address: string; password: string; visitor: Visitor },
): Promise<Outcome<SignedIn, SignInRefusal>> {
  const checked = checkAddress(asked.address.trim());
  if (!checked.ok) return fail({ tag: "invalid-field", fields: [{ field: "address", key: "address" }] });
  const stored = await findAccount(parts.sql, checked.value.key);
  const verified = await parts.hashLine.verify(canonicalPassword(asked.password), stored?.passwordHash ?? NOBODYS_PHC, "sign-in");
  if (!verified.ok) return verified;
  if (stored === undefined || !verified.value) return fail({ tag: "wrong-credentials" });
  return parts.sql.begin(async (tx) => {
    // replaced while it was verified: the old one opens nothing any more
    if (!(await holdPassword(tx, stored.id, stored.passwordHash))) return fail({ tag: "wrong-credentials" });
    return succeed(await openSession(parts, tx, holderOf(stored), asked.visitor));
  });
}

/** Makes an operator by the link that the terminal printed: a new account, or an existing one after its right password. */
export async function makeFirstOperator(
  parts: Parts,
  asked: { token: string; address: string; password: string; language: Language; visitor: Visitor },
): Promise<Outcome<SignedIn & { ended: Ended | null }, FirstOperatorRefusal>> {
  const tokenSha256 = secretHash(asked.token);
  // before anything is hashed: without the link nobody gets work out of this route
  if (!(await isFirstOperatorLinkOpen(parts.sql, tokenSha256))) return fail({ tag: "setup-used" });
  const checked = checkAddress(asked.address.trim());
  if (!checked.ok) return fail({ tag: "invalid-field", fields: [{ field: "address", key: "address" }] });
  const { address, key } = checked.value;
  const existing = await findAccount(parts.sql, key);
  const password = canonicalPassword(asked.password);

  if (existing !== undefined) {
    const verified = await parts.hashLine.verify(password, existing.passwordHash, "sign-in");
    if (!verified.ok) return verified;
    if (!verified.value) return fail({ tag: "wrong-credentials" });
    return parts.sql.begin(async (tx) => {
      const now = parts.clock.now();
      if (!(await lockFirstOperatorLink(tx, tokenSha256))) return fail({ tag: "setup-used" });
      if (!(await holdPassword(tx, existing.id, existing.passwordHash))) return fail({ tag: "wrong-credentials" });
      await closeFirstOperatorLink(tx, tokenSha256, now);
      await makeOperator(tx, existing.id);
      const ended = await endSessions(tx, existing.id, now);
      const holder = holderOf({ ...existing, role: "operator", sessionEpoch: ended.epoch[1] });
      return succeed({ ...(await openSession(parts, tx, holder, asked.visitor)), ended });
    });
  }

  const fault = judgePassword(asked.password, address, commonPasswords());
  if (fault !== undefined) return fail({ tag: "invalid-field", fields: [{ field: "password", key: fault }] });
  const hashed = await parts.hashLine.hash(password, "confirm");
  if (!hashed.ok) return hashed;
  return parts.sql.begin(async (tx) => {
    const now = parts.clock.now();
    const stored: StoredAccount = {
      id: parts.dice.uuid(),
      address,
      role: "operator",
      language: asked.language,
      passwordHash: hashed.value,
      cohort: Math.floor(now / DAY_MS),
      sessionEpoch: 0,
    };
    if (!(await lockFirstOperatorLink(tx, tokenSha256))) return fail({ tag: "setup-used" });
    // registered in between: the person tries again, and then proves that account's password
    if (!(await insertAccount(tx, stored, key, now))) return fail({ tag: "wrong-credentials" });
    await closeFirstOperatorLink(tx, tokenSha256, now);
    return succeed({ ...(await openSession(parts, tx, holderOf(stored), asked.visitor)), ended: null });
  });
}
