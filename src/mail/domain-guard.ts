/** Is an address refused for its domain, before a letter is ordered? Throw-away mailboxes by the operator's choice, and domains without mail. */
import type { Clock } from "#kit/time.ts";
import type { DisposableDomains } from "#contract/processes.ts";
import { isDisposable } from "./disposable.ts";
import { createMailDomains } from "./mail-domain.ts";

export type DomainRefusal = "address-no-domain" | "address-no-mail" | "address-disposable";
/** `domain` in ASCII, lower case, as checkAddress gives it. */
export type DomainGuard = { refusalOf(domain: string): Promise<DomainRefusal | undefined> };

export function createDomainGuard(parts: {
  clock: Clock;
  disposable: DisposableDomains;
  /** Whether the name servers are asked. */
  checkDomains: boolean;
  /** Instead of the machine's own. */
  servers?: readonly string[];
}): DomainGuard {
  const domains = parts.checkDomains ? createMailDomains(parts) : undefined;
  return {
    async refusalOf(domain) {
      if (parts.disposable === "refuse" && isDisposable(domain)) return "address-disposable";
      const verdict = await domains?.check(domain);
      if (verdict === "no-such-domain") return "address-no-domain";
      return verdict === "takes-none" ? "address-no-mail" : undefined;
    },
  };
}
