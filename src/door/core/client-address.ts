/**
 * From which network does a request come? The socket's address, or the n-th from the end of X-Forwarded-For when n trusted
 * proxies stand in front: each appends the address it saw, so what a client wrote itself stands further left.
 * Fails closed: what can't be told is the one prefix "unknown", and whoever is in it waits together.
 */
import { isIPv4, isIPv6 } from "node:net";

const UNKNOWN = "unknown";

/** "192.0.2.0/24", "2001:db8:0:100::/56", or "unknown". */
export function clientPrefix(socketAddress: string | undefined, forwardedFor: string | undefined, trustedProxyHops: number): string {
  if (trustedProxyHops === 0) return prefixOf(socketAddress ?? "");
  const chain = (forwardedFor ?? "").slice(-2_048).split(",");
  return prefixOf(chain[chain.length - trustedProxyHops]?.trim() ?? "");
}

function prefixOf(text: string): string {
  if (isIPv4(text)) return prefixOfFour(text);
  // without brackets and zone; by position, because a pattern would be quadratic in signs of one kind
  const zone = text.indexOf("%");
  const address = (zone < 0 ? text : text.slice(0, zone)).replace(/^\[|\]$/g, "");
  if (isIPv4(address)) return prefixOfFour(address);
  if (!isIPv6(address)) return UNKNOWN;
  const groups = groupsOf(address);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return prefixOfFour([groups[6] ?? 0, groups[7] ?? 0].flatMap((group) => [group >> 8, group & 0xff]).join("."));
  const [a = 0, b = 0, c = 0, d = 0] = groups;
  return `${[a, b, c, d & 0xff00].map((group) => group.toString(16)).join(":")}::/56`;
}

function prefixOfFour(address: string): string {
  return `${address.slice(0, address.lastIndexOf("."))}.0/24`;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): number[] {
  const four = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain =
    four === null
      ? address
      : `${four[1]}${((Number(four[2]) << 8) | Number(four[3])).toString(16)}:${((Number(four[4]) << 8) | Number(four[5])).toString(16)}`;
  const [left = "", right] = plain.split("::");
  const numbers = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  if (right === undefined) return numbers(left);
  const [front, back] = [numbers(left), numbers(right)];
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}
