/**
 * From which addresses does whom come? All of 127/8, which the loopback device takes as it is: the flood's networks, the
 * honest ones outside them, and the honest hosts inside them. Each network is a /24.
 */

const FLOOD_AT = 10;
const OUTSIDE_AT = 100;
const HOSTS = 249;

/** An address of the flood's network `prefix`; another host for each `turn`. */
export function floodAddress(prefix: number, turn: number): string {
  return `127.${FLOOD_AT + Math.floor(prefix / 250)}.${prefix % 250}.${1 + (turn % HOSTS)}`;
}

/** Of a newcomer whose network the flood comes from too. */
export function insideAddress(prefix: number): string {
  return `127.${FLOOD_AT + Math.floor(prefix / 250)}.${prefix % 250}.253`;
}

/** Of a newcomer or member, each in a network of their own. */
export function outsideAddress(n: number): string {
  return `127.${OUTSIDE_AT + (Math.floor(n / 250) % 100)}.${n % 250}.7`;
}
