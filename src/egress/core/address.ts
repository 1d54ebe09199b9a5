/**
 * What kind of place is an IP address, and may a request of ours go there? Decided on the address that is connected to,
 * never on a name. IPv4 inside IPv6 (mapped, NAT64, 6to4) counts as what it leads to.
 */
import { BlockList, isIP } from "node:net";

/** `forbidden`: link-local (metadata services), multicast, unspecified, reserved. Nobody's model lives there. */
export type AddressKind = "loopback" | "private" | "public" | "forbidden";

const V4_PRIVATE = blockList(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15"], "ipv4");
const V4_FORBIDDEN = blockList(
  ["0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"],
  "ipv4",
);

/** The kind of `ip`; anything that is not an IP address is forbidden. */
export function addressKind(ip: string): AddressKind {
  const family = isIP(ip);
  if (family === 4) return v4Kind(ip);
  const groups = family === 6 ? ipv6Groups(ip) : undefined;
  return groups === undefined ? "forbidden" : v6Kind(groups);
}

function v4Kind(ip: string): AddressKind {
  if (ip.startsWith("127.")) return "loopback";
  if (V4_PRIVATE.check(ip, "ipv4")) return "private";
  return V4_FORBIDDEN.check(ip, "ipv4") ? "forbidden" : "public";
}

function v6Kind(groups: readonly number[]): AddressKind {
  const [first = 0, second = 0] = groups;
  const leading = groups.slice(0, 6);
  const zeros = leading.slice(0, 5).every((group) => group === 0);
  if (zeros && leading[5] === 0 && groups[6] === 0) return groups[7] === 1 ? "loopback" : "forbidden";
  if (zeros && leading[5] === 0xffff) return v4Kind(v4At(groups, 6));
  if (first === 0x64 && second === 0xff9b) return nat64Kind(groups);
  if (first === 0x2002) return translated(v4At(groups, 1));
  // documentation, and Teredo, whose inner address nobody sees here
  if (zeros || (first === 0x2001 && (second === 0xdb8 || second === 0))) return "forbidden";
  if ((first & 0xfe00) === 0xfc00) return "private";
  return (first & 0xe000) === 0x2000 ? "public" : "forbidden";
}

/** The well-known prefix has the IPv4 address at its end; in a network's own one (RFC 8215) only that network knows where it is. */
function nat64Kind(groups: readonly number[]): AddressKind {
  if (groups[2] === 1) return "private";
  return groups.slice(2, 6).every((group) => group === 0) ? translated(v4At(groups, 6)) : "forbidden";
}

/** A translated address leaves this machine, so loopback inside it is a trick. */
function translated(ip: string): AddressKind {
  const kind = v4Kind(ip);
  return kind === "loopback" ? "forbidden" : kind;
}

function v4At(groups: readonly number[], index: number): string {
  const [high = 0, low = 0] = [groups[index], groups[index + 1]];
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** The eight 16-bit groups of a valid IPv6 address; `undefined` when it carries a zone. */
function ipv6Groups(ip: string): number[] | undefined {
  if (ip.includes("%")) return undefined;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  const text = dotted === null ? ip : `${dotted[1]}${hexPair(dotted[2], dotted[3])}:${hexPair(dotted[4], dotted[5])}`;
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right].map((group) => Number.parseInt(group, 16));
  return groups.length === 8 ? groups : undefined;
}

function hexPair(high: string | undefined, low: string | undefined): string {
  return ((Number(high) << 8) | Number(low)).toString(16);
}

function blockList(subnets: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", prefix] = subnet.split("/");
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}
