/**
 * Do as many proxies stand in front as are trusted? Seen from the first requests: each proxy appends the address it saw to
 * X-Forwarded-For. Told once, and only told: a visitor who can't be placed stays "unknown" (client-address.ts).
 */

export type ProxyWatch = { readonly trustedHops: number; doubtful: number; isOver: boolean };

/** So many doubtful requests are no accident: a monitor that asks this port directly comes without a proxy too. */
const ENOUGH = 5;

export function newProxyWatch(trustedHops: number): ProxyWatch {
  return { trustedHops, doubtful: 0, isOver: false };
}

/** How many addresses X-Forwarded-For names. */
export function chainLength(forwardedFor: string | string[] | undefined): number {
  const text = Array.isArray(forwardedFor) ? forwardedFor.join(",") : (forwardedFor ?? "");
  return text
    .slice(-2_048)
    .split(",")
    .filter((part) => part.trim() !== "").length;
}

/** `isNear`: the connection comes from this machine or its network, as a proxy's does. A sentence once it is plain that something is wrong. */
export function noteChain(watch: ProxyWatch, length: number, isNear: boolean): string | undefined {
  if (watch.isOver) return undefined;
  const { trustedHops } = watch;
  if (trustedHops > 0 && length >= trustedHops) {
    watch.isOver = true;
    return undefined;
  }
  if (trustedHops > 0 || (length > 0 && isNear)) watch.doubtful += 1;
  if (watch.doubtful < ENOUGH) return undefined;
  watch.isOver = true;
  return trustedHops === 0
    ? `Requests come through a proxy (they carry X-Forwarded-For), but none is trusted: everybody behind it counts as one visitor. Set TRUSTED_PROXY_HOPS (docs/operate/proxy-and-https.md).`
    : `Requests come with ${length} addresses in X-Forwarded-For, but TRUSTED_PROXY_HOPS is ${trustedHops}: where they come from can't be told, so they count as one visitor (docs/operate/proxy-and-https.md).`;
}

/** Loopback, and the private networks of RFC 1918 and RFC 4193. */
export function isNearAddress(address: string | undefined): boolean {
  return /^(?:::ffff:)?(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/i.test(address ?? "");
}
