/** What is in the body of this request? Read whole, but never more than the route's limit. */
import type { IncomingMessage } from "node:http";

/** `undefined`: it is longer than `limitBytes`; what is left of it is not read. */
export async function readUpTo(message: IncomingMessage, limitBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limitBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] ?? new Uint8Array()) : Buffer.concat(chunks);
}
