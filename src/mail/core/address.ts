/**
 * Is this text exactly one e-mail address that we dare to write to? Narrower than RFC 5321 on purpose: nothing in it
 * can be read as a second recipient, a header, a display name, a route or a command, by any relay on the way.
 * Whether the mailbox exists is for the relay to say.
 */
import { domainToASCII, domainToUnicode } from "node:url";
import { fail, succeed, type Outcome } from "#kit/outcome.ts";

/** `address` is what letters go to (domain in ASCII, lower case); `key` is the whole in lower case, equal for the same mailbox. */
export type CheckedAddress = { address: string; key: string };

const ADDRESS_CHARS = 254;
const LOCAL_CHARS = 64;
const LABEL_CHARS = 63;

/**
 * Letters and digits of ASCII and signs that have no second meaning anywhere. Left out, though RFC 5322 has them:
 * "!" and "%" (old routes), "|", "`" and "/" (pipes and files of old delivery agents), everything that needs quotes.
 */
const LOCAL = /^[A-Za-z0-9_][A-Za-z0-9_+'&=~#$*?^{}-]*(?:\.[A-Za-z0-9_+'&=~#$*?^{}-]+)*$/;
/** Letters, marks and digits of any script: what a label may be typed in before it becomes ASCII. */
const TYPED_DOMAIN = /^[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+$/u;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

export function checkAddress(text: string): Outcome<CheckedAddress, { tag: "bad-address" }> {
  const bad = fail({ tag: "bad-address" });
  if (text.length > ADDRESS_CHARS) return bad;
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  if (local.length === 0 || local.length > LOCAL_CHARS || !LOCAL.test(local)) return bad;
  const domain = asciiDomain(text.slice(at + 1));
  if (domain === undefined) return bad;
  const address = `${local}@${domain}`;
  return address.length > ADDRESS_CHARS ? bad : succeed({ address, key: address.toLowerCase() });
}

/**
 * The domain in ASCII, or `undefined`. What a person typed must be what it means: a domain that turns into another one
 * on the way (full-width letters, ligatures, the Kelvin sign, numbers that are an IP address) is refused, not guessed at.
 */
function asciiDomain(typed: string): string | undefined {
  if (!TYPED_DOMAIN.test(typed) || [...typed].some(turnsIntoAscii)) return undefined;
  const lower = typed.normalize("NFC").toLowerCase();
  const ascii = domainToASCII(lower);
  const unicode = domainToUnicode(ascii);
  if (ascii !== lower && unicode !== lower) return undefined;
  if (unicode.split(".").some((label) => label.startsWith("xn--"))) return undefined;
  const labels = ascii.split(".");
  const whole = labels.length >= 2 && labels.every((label) => label.length <= LABEL_CHARS && LABEL.test(label));
  return whole && !/^\d+$/.test(labels.at(-1) ?? "") ? ascii : undefined;
}

function turnsIntoAscii(character: string): boolean {
  return character > "\x7f" && /^[ -~]+$/.test(character.normalize("NFC").toLowerCase());
}
