/**
 * Which addresses does a name have? Asked of the name servers with c-ares, so that a slow name server never holds back
 * files or hashes in libuv's pool; names of this machine come from the hosts file. Never throws: no address is an empty list.
 */
import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { candidateNames, isLocalhost, parseHosts, parseSearchList } from "./core/hosts.ts";

/** Addresses of a host, IPv4 first. Gives up when `signal` aborts. */
export type Resolve = (host: string, signal?: AbortSignal) => Promise<string[]>;

const QUERY_TIMEOUT_MS = 2_000;
const TRIES = 2;

export function createResolve(files = { hosts: "/etc/hosts", resolvConf: "/etc/resolv.conf" }): Resolve {
  return async (host, signal) => {
    if (isIP(host) !== 0) return [host];
    if (isLocalhost(host)) return ["127.0.0.1", "::1"];
    const [hosts, resolvConf] = await Promise.all([readOrNothing(files.hosts), readOrNothing(files.resolvConf)]);
    const written = parseHosts(hosts).get(host.toLowerCase());
    if (written !== undefined) return written.toSorted((a, b) => isIP(a) - isIP(b));
    for (const name of candidateNames(host, parseSearchList(resolvConf))) {
      if (signal?.aborted === true) return [];
      const addresses = await ask(name, signal);
      if (addresses.length > 0) return addresses;
    }
    return [];
  };
}

async function ask(name: string, signal: AbortSignal | undefined): Promise<string[]> {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: TRIES });
  const cancel = () => resolver.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  signal?.removeEventListener("abort", cancel);
  return answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
}

async function readOrNothing(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
