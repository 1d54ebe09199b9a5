/**
 * What do /etc/hosts and /etc/resolv.conf say? c-ares asks name servers only, so names of this machine and the search
 * list of a cluster ("vllm" for "vllm.models.svc.cluster.local") are read here. Pure.
 */
import { isIP } from "node:net";

/** Name (lower case) → addresses, in the file's order. */
export function parseHosts(text: string): ReadonlyMap<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address = "", ...names] = (line.split("#")[0] ?? "").trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      hosts.set(key, [...(hosts.get(key) ?? []), address]);
    }
  }
  return hosts;
}

/** The search list: the last `search` or `domain` line wins. */
export function parseSearchList(text: string): string[] {
  let list: string[] = [];
  for (const line of text.split("\n")) {
    const [key, ...domains] = line.trim().split(/\s+/);
    if (key === "search" || key === "domain") list = domains;
  }
  return list
    .map((domain) => domain.replace(/\.$/, "").toLowerCase())
    .filter((domain) => domain !== "")
    .slice(0, 6);
}

/** Which names to ask for, in order. A name without a dot is tried in each search domain first. */
export function candidateNames(host: string, searchList: readonly string[]): string[] {
  const name = host.replace(/\.$/, "").toLowerCase();
  return name.includes(".") ? [name] : [...searchList.map((domain) => `${name}.${domain}`), name];
}

/** True for names that always mean this machine (RFC 6761). */
export function isLocalhost(host: string): boolean {
  const name = host.replace(/\.$/, "").toLowerCase();
  return name === "localhost" || name.endsWith(".localhost");
}
