/**
 * How does an order survive the process? As bytes that hold only what differs from an empty one: rounds that somebody is in
 * and cells that are ahead of the round being served. In peace a few bytes, at worst under a megabyte.
 */
import { emptyOrder, RING_ROUNDS, type Order } from "./order.ts";

const MAGIC = 0x48464c31;
const HEAD_BYTES = 28;
const ROUND_BYTES = 10;
const CELL_BYTES = 6;

export function orderToBytes(order: Order, life: number): Uint8Array {
  const rounds: number[] = [];
  for (let offset = 0; offset < RING_ROUNDS; offset += 1) {
    if ((order.entered[(order.virtual + offset) % RING_ROUNDS] ?? 0) > 0) rounds.push(offset);
  }
  let ahead = 0;
  for (const next of order.next) if (next > order.virtual) ahead += 1;
  const bytes = new Uint8Array(HEAD_BYTES + rounds.length * ROUND_BYTES + ahead * CELL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setFloat64(4, life);
  view.setFloat64(12, order.virtual);
  view.setUint32(20, rounds.length);
  view.setUint32(24, ahead);
  let at = HEAD_BYTES;
  for (const offset of rounds) {
    const slot = (order.virtual + offset) % RING_ROUNDS;
    view.setUint16(at, offset);
    view.setUint32(at + 2, order.entered[slot] ?? 0);
    view.setUint32(at + 6, order.called[slot] ?? 0);
    at += ROUND_BYTES;
  }
  for (const [cell, next] of order.next.entries()) {
    if (next <= order.virtual) continue;
    view.setUint32(at, cell);
    view.setUint16(at + 4, next - order.virtual);
    at += CELL_BYTES;
  }
  return bytes;
}

/** `undefined` for bytes that are not such a snapshot, or not a whole one. */
export function orderFromBytes(bytes: Uint8Array): { order: Order; life: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || view.getUint32(0) !== MAGIC) return undefined;
  const [life, virtual, rounds, ahead] = [view.getFloat64(4), view.getFloat64(12), view.getUint32(20), view.getUint32(24)];
  if (!Number.isSafeInteger(virtual) || virtual < 0 || !Number.isFinite(life)) return undefined;
  if (bytes.length !== HEAD_BYTES + rounds * ROUND_BYTES + ahead * CELL_BYTES) return undefined;
  const order = emptyOrder();
  order.virtual = virtual;
  let at = HEAD_BYTES;
  for (let count = 0; count < rounds; count += 1, at += ROUND_BYTES) {
    const [offset, entered, called] = [view.getUint16(at), view.getUint32(at + 2), view.getUint32(at + 6)];
    if (offset >= RING_ROUNDS || called > entered) return undefined;
    order.entered[(virtual + offset) % RING_ROUNDS] = entered;
    order.called[(virtual + offset) % RING_ROUNDS] = called;
    order.waiting += entered - called;
  }
  for (let count = 0; count < ahead; count += 1, at += CELL_BYTES) {
    const [cell, offset] = [view.getUint32(at), view.getUint16(at + 4)];
    if (cell >= order.next.length || offset > RING_ROUNDS) return undefined;
    order.next[cell] = virtual + offset;
  }
  return { order, life };
}
