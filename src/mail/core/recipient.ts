/**
 * Under which key are the letters of one mailbox counted? Spellings that the large providers put into the same mailbox are one,
 * so that nobody gets three letters an hour for each of them. Only for counting: letters go to the address as it was given,
 * and an account is found by it.
 */

/** Domains of one provider whose mailboxes are the same, the first stands for all; and what is left out of their local parts. */
const PROVIDERS: readonly { domains: readonly string[]; ignores?: RegExp; alike?: (local: string) => string }[] = [
  // https://support.google.com/mail/answer/7436150
  { domains: ["gmail.com", "googlemail.com"], ignores: /\./g },
  // as Proton's own clients compare addresses (canonicalizeInternalEmail in ProtonMail/WebClients)
  { domains: ["proton.me", "protonmail.com", "pm.me", "protonmail.ch"], ignores: /[._-]/g },
  // https://yandex.com/support/id/authorization/email.html; a dot and a hyphen are the same in a name
  {
    domains: ["yandex.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua", "ya.ru"],
    alike: (local) => local.replaceAll(".", "-"),
  },
  // https://support.apple.com/en-us/102555
  { domains: ["icloud.com", "me.com", "mac.com"] },
];
const BY_DOMAIN = new Map(PROVIDERS.flatMap((provider) => provider.domains.map((domain) => [domain, provider] as const)));

/** Anything at one's own name there is one's own mailbox: https://www.fastmail.help/hc/en-us/articles/360060591053 */
const OWN_SUBDOMAIN = /^([a-z0-9_-]+)\.(fastmail\.com)$/;

/** `address` is one that checkAddress took. Every spelling of a mailbox gives the same key; a key gives itself. */
export function recipientKey(address: string): string {
  const lower = address.toLowerCase();
  const at = lower.lastIndexOf("@");
  const [local, domain] = [lower.slice(0, at), lower.slice(at + 1)];
  const [, owner, parent] = OWN_SUBDOMAIN.exec(domain) ?? [];
  if (owner !== undefined && parent !== undefined) return `${owner}@${parent}`;
  const provider = BY_DOMAIN.get(domain);
  const name = local.replace(/\+.*$/s, "") || local;
  const bare = provider?.ignores === undefined ? name : name.replace(provider.ignores, "") || name;
  return `${provider?.alike?.(bare) ?? bare}@${provider?.domains[0] ?? domain}`;
}
