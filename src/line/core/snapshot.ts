/**
 * How does an order survive the process? As bytes that hold only what differs from an empty one: ticks that somebody is in
 * and cells that are ahead of the clock. In peace a few bytes, at worst a few megabytes.
 */
import { addWaiting, base, emptyOrder, RING_TICKS, type Order } from "./order.ts";

const MAGIC = 0x48464c32;
const HEAD_BYTES = 28;
const TICK_BYTES = 12;
const CELL_BYTES = 7;

export function orderToBytes(order: Order, life: number): Uint8Array {
  const from = base(order);
  const offsets: number[] = [];
  for (let offset = 0, slot = from % RING_TICKS; offset < RING_TICKS; offset += 1, slot = slot + 1 === RING_TICKS ? 0 : slot + 1) {
    if ((order.entered[slot] ?? 0) > 0) offsets.push(offset);
  }
  let ahead = 0;
  for (let cell = 0; cell < order.next.length; cell += 1) if ((order.next[cell] ?? 0) > from) ahead += 1;
  const bytes = new Uint8Array(HEAD_BYTES + offsets.length * TICK_BYTES + ahead * CELL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setFloat64(4, life);
  view.setFloat64(12, order.clock);
  view.setUint32(20, offsets.length);
  view.setUint32(24, ahead);
  let at = HEAD_BYTES;
  for (const offset of offsets) {
    const slot = (from + offset) % RING_TICKS;
    view.setUint32(at, offset);
    view.setUint32(at + 4, order.entered[slot] ?? 0);
    view.setUint32(at + 8, order.called[slot] ?? 0);
    at += TICK_BYTES;
  }
  for (let cell = 0; cell < order.next.length; cell += 1) {
    const next = order.next[cell] ?? 0;
    if (next <= from) continue;
    view.setUint32(at, next - from);
    view.setUint16(at + 4, cell & 0xffff);
    view.setUint8(at + 6, cell >> 16);
    at += CELL_BYTES;
  }
  return bytes;
}

/** `undefined` for bytes that are not such a snapshot, or not a whole one. */
export function orderFromBytes(bytes: Uint8Array): { order: Order; life: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEAD_BYTES || view.getUint32(0) !== MAGIC) return undefined;
  const [life, clock, ticks, ahead] = [view.getFloat64(4), view.getFloat64(12), view.getUint32(20), view.getUint32(24)];
  if (!(clock >= 0 && clock <= Number.MAX_SAFE_INTEGER) || !Number.isFinite(life)) return undefined;
  if (bytes.length !== HEAD_BYTES + ticks * TICK_BYTES + ahead * CELL_BYTES) return undefined;
  const order = emptyOrder(life);
  order.clock = clock;
  const from = base(order);
  let at = HEAD_BYTES;
  for (let count = 0; count < ticks; count += 1, at += TICK_BYTES) {
    const [offset, entered, called] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)];
    const slot = (from + offset) % RING_TICKS;
    if (offset >= RING_TICKS || called > entered || order.entered[slot] !== 0) return undefined;
    order.entered[slot] = called;
    order.called[slot] = called;
    if (entered > called) addWaiting(order, from + offset, entered - called);
  }
  for (let count = 0; count < ahead; count += 1, at += CELL_BYTES) {
    const [offset, cell] = [view.getUint32(at), view.getUint16(at + 4) + (view.getUint8(at + 6) << 16)];
    if (cell >= order.next.length || offset > 2 * RING_TICKS) return undefined;
    order.next[cell] = from + offset;
  }
  return { order, life };
}
