/**
 * Which domain was probably meant? Slips at the large mail providers' names, told as a question and never as a refusal.
 * Whoever is at a domain of their own is not asked: only names that are nobody's word count, with their first letter right,
 * and short names (gmx, live, mail) only where the ending does not exist.
 */
import { editDistance } from "#kit/edit-distance.ts";

const WELL_KNOWN: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com
  outlook.com outlook.es outlook.fr outlook.de outlook.it outlook.cl outlook.com.ar outlook.com.br outlook.jp
  hotmail.com hotmail.es hotmail.fr hotmail.de hotmail.it hotmail.co.uk hotmail.com.ar hotmail.com.br hotmail.com.mx hotmail.cl
  live.com live.com.mx live.com.ar live.fr live.co.uk live.nl msn.com
  yahoo.com yahoo.es yahoo.fr yahoo.de yahoo.it yahoo.co.uk yahoo.co.in yahoo.co.jp yahoo.com.ar yahoo.com.br yahoo.com.mx yahoo.ca
  ymail.com rocketmail.com aol.com icloud.com me.com mac.com
  proton.me protonmail.com pm.me tutanota.com tuta.com fastmail.com hushmail.com zoho.com mail.com email.com
  gmx.com gmx.de gmx.net gmx.at gmx.es web.de t-online.de posteo.de mailbox.org
  orange.fr free.fr laposte.net libero.it virgilio.it telefonica.net movistar.es terra.es uol.com.br bol.com.br
  yandex.ru yandex.com ya.ru mail.ru rambler.ru seznam.cz wp.pl
  qq.com 163.com 126.com naver.com rediffmail.com comcast.net verizon.net sbcglobal.net bellsouth.net`.split(/\s+/),
);

/** Names that are nobody's word, so that what is near to them is probably a slip. */
const NAMES = [
  ..."gmail googlemail outlook hotmail yahoo rocketmail icloud protonmail tutanota fastmail hushmail".split(" "),
  ..."telefonica yandex rediffmail comcast sbcglobal bellsouth".split(" "),
];
/** From so many letters on, two slips are still one. */
const LONG_NAME = 9;
/** Near to one of the names, and somebody's own. */
const OTHERS: ReadonlySet<string> = new Set(["grail.com", "gmail.ru", "gmail.pl"]);

/** What hands make of .com and nobody can register. */
const NO_ENDING: ReadonlySet<string> = new Set("con cmo ocm comm coom ccom cim vom xom cpm clm dom ckm coim comn conm".split(" "));
/** Countries of their own that hands make of .com. */
const NEAR_COM: ReadonlySet<string> = new Set(["co", "cm", "om"]);
/** Where people expect a country's Gmail, which there is not. */
const NO_GMAIL: ReadonlySet<string> = new Set("es mx com.mx ar com.ar com.co cl pe ve fr it br com.br in uk co.uk net org".split(" "));

/** Domains of providers with mailboxes of very many people: the only ones that an operator is shown by name. */
export const largeProviders: readonly string[] = [...WELL_KNOWN];

/** A provider with mailboxes of very many people. `domain` in lower case. */
export function isLargeProvider(domain: string): boolean {
  return WELL_KNOWN.has(domain);
}

/** The address with the domain that was probably meant; `undefined` for nearly everybody. */
export function suggestAddress(address: string): string | undefined {
  const at = address.lastIndexOf("@");
  const typed = address.slice(at + 1).toLowerCase();
  const meant = at < 1 || typed.length > 30 ? undefined : meantDomain(typed);
  return meant === undefined ? undefined : `${address.slice(0, at)}@${meant}`;
}

function meantDomain(typed: string): string | undefined {
  if (WELL_KNOWN.has(typed) || OTHERS.has(typed)) return undefined;
  const [name = "", ...endings] = typed.split(/[.,]+/).filter((label) => label !== "");
  const ending = endings.join(".");
  const [com, tidy] = [`${name}.com`, `${name}.${ending}`];
  if (ending === "") return [...WELL_KNOWN].find((domain) => domain.replaceAll(".", "") === name);
  if (WELL_KNOWN.has(tidy)) return tidy;
  if (NO_ENDING.has(ending) && WELL_KNOWN.has(com)) return com;
  const near = NAMES.find((known) => known[0] === name[0] && editDistance(known, name) <= (known.length >= LONG_NAME ? 2 : 1));
  if (near === undefined) return undefined;
  if (WELL_KNOWN.has(`${near}.${ending}`)) return `${near}.${ending}`;
  const isCom = NO_ENDING.has(ending) || NEAR_COM.has(ending) || (near === "gmail" && NO_GMAIL.has(ending));
  return isCom && WELL_KNOWN.has(`${near}.com`) ? `${near}.com` : undefined;
}
