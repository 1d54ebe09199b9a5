/** Is this an id as the database writes it, and where does the next page of a list begin? What is not ours is `undefined`. Pure. */

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const POSITION = /^(\d{1,15})\.([0-9a-f-]{36})$/;
/** The end of the year 9999: later times are written with a sign, which a database does not read. */
const LATEST_MS = 253_402_300_799_999;

export type ListPosition = { updatedAt: number; id: string };

/** In lower case, so that the same id is always the same text. */
export function readId(text: string): string | undefined {
  const id = text.toLowerCase();
  return UUID.test(id) ? id : undefined;
}

export function makeCursor({ updatedAt, id }: ListPosition): string {
  return Buffer.from(`${updatedAt}.${id}`).toString("base64url");
}

export function readCursor(cursor: string): ListPosition | undefined {
  const [, updatedAt, text] = POSITION.exec(Buffer.from(cursor, "base64url").toString("latin1")) ?? [];
  const id = readId(text ?? "");
  return id === undefined || Number(updatedAt) > LATEST_MS ? undefined : { updatedAt: Number(updatedAt), id };
}
