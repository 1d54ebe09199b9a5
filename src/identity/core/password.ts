/**
 * Is this password good enough? At least ten characters, not among the commonly breached ones in any of the disguises
 * that guessing programs undo first, not made of the address, not one thing repeated or a walk over the keyboard.
 * No rules about digits or signs (NIST SP 800-63B). The list itself is handed in.
 */
import { LIMITS } from "#contract/schemas.ts";

export type PasswordFault = "password-short" | "password-long" | "password-common" | "password-address" | "password-simple";

/** What is wrong with it, or `undefined`. `isCommon` looks a lower-case word up in the list of breached passwords. */
export function judgePassword(password: string, address: string, isCommon: (word: string) => boolean): PasswordFault | undefined {
  const length = [...password].length;
  if (length < LIMITS.passwordMinChars) return "password-short";
  if (password.length > LIMITS.passwordMaxChars) return "password-long";
  const plain = password.normalize("NFKC").toLowerCase();
  if (isMadeOfAddress(plain, address.toLowerCase())) return "password-address";
  if (disguises(plain).some((word) => word.length >= 4 && isCommon(word))) return "password-common";
  if (isRepeated(plain) || mostlyRuns(plain)) return "password-simple";
  return undefined;
}

/** A password as it is hashed: equal whichever way the keyboard composed its letters (RFC 8265). */
export function canonicalPassword(password: string): string {
  return password.normalize("NFC");
}

/** The word behind digits and signs around it, behind letters written as digits, and behind both; and the repeated part of it. */
function disguises(plain: string): string[] {
  const forms = [plain, bare(plain)];
  const undone = forms.flatMap((form) => [unleet(form, "i"), unleet(form, "l")]);
  const all = [...forms, ...undone, ...undone.map(bare)];
  return [...new Set([...all, ...all.map(repeatedPart)])];
}

function bare(word: string): string {
  return word.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
}

const LEET: Readonly<Record<string, string>> = { "0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", $: "s", "€": "e", "+": "t" };

function unleet(word: string, one: string): string {
  return word.replaceAll(/[03457@$€+1!|]/g, (sign) => LEET[sign] ?? one);
}

/** `abcabc` → `abc`; the word itself when it does not repeat. */
function repeatedPart(word: string): string {
  const at = (word + word).indexOf(word, 1);
  return at > 0 && at < word.length ? word.slice(0, at) : word;
}

function isRepeated(plain: string): boolean {
  return new Set(plain).size < 5 || repeatedPart(plain).length <= 4;
}

function isMadeOfAddress(plain: string, address: string): boolean {
  const [local = "", domain = ""] = address.split("@");
  const names = [address, local, domain, domain.split(".")[0] ?? "", ...local.split(/[^\p{L}\p{N}]+/u)];
  return names.some((name) => name.length >= 4 && plain.includes(name) && bare(plain.replaceAll(name, "")).length < 4);
}

const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "yxcvbnm",
  "azertyuiop",
  "qsdfghjklm",
  "wxcvbn",
];
const STEPS: ReadonlySet<string> = new Set(
  ROWS.flatMap((row) => [row, [...row].toReversed().join("")]).flatMap((row) =>
    Array.from({ length: row.length - 1 }, (_, at) => row.slice(at, at + 2)),
  ),
);

/** More than four fifths of the steps go to the same or to a neighbouring character of the alphabet or of a row of keys. */
function mostlyRuns(plain: string): boolean {
  let steps = 0;
  for (let at = 1; at < plain.length; at += 1) {
    const pair = plain.slice(at - 1, at + 1);
    if (pair[0] === pair[1] || STEPS.has(pair)) steps += 1;
  }
  return steps > (plain.length - 1) * 0.8;
}
