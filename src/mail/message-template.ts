/**
 * How is the next letter made without composing it anew? Letters of one kind differ in code, link, id, date and address alone,
 * and but for the address these always have the same length. So each kind is composed once with stand-ins, and only their bytes are
 * replaced. A kind whose second letter does not come out byte for byte as the library makes it is always composed.
 */
import { MINUTE_MS } from "#kit/time.ts";
import { toMessage, writeLetter, type CodeLetter, type Sender } from "./letter.ts";

type Compose = (letter: CodeLetter) => Promise<Buffer>;
type Field = "code" | "link" | "id" | "date";
/** `at`: where each byte of a field's stand-in lies, once for each time that it occurs. `addressAt`: where the address is put in. */
type Template = { bytes: Buffer; addressAt: number; places: { field: Field; at: number[] }[] };

const KINDS = 64;
/** Nothing that a header has to quote, encode or fold. */
const PLAIN_ADDRESS = /^(?=.{1,60}$)[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/;
const ADDRESS = "stand-in@example.org";

export function messageMaker(publicUrl: string, sender: Sender): Compose {
  const compose: Compose = (letter) => toMessage(letter, writeLetter(letter, publicUrl), sender);
  const templates = new Map<string, Promise<Template | undefined>>();
  return async (letter) => {
    if (!PLAIN_ADDRESS.test(letter.address)) return compose(letter);
    const kind = `${letter.language} ${letter.way} ${letter.hasAccount} ${letter.expiresAt - letter.createdAt} ${letter.recipientLink.length}`;
    let template = templates.get(kind);
    if (template === undefined) {
      if (templates.size >= KINDS) templates.clear();
      template = makeTemplate(letter, compose);
      templates.set(kind, template);
    }
    const made = await template;
    return made === undefined ? compose(letter) : fill(made, letter);
  };
}

async function makeTemplate(letter: CodeLetter, compose: Compose): Promise<Template | undefined> {
  const standIn: CodeLetter = {
    ...letter,
    id: "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0",
    code: "QZXW-9J8K",
    recipientLink: "".padEnd(letter.recipientLink.length, "QzJxKw7Vb"),
    address: ADDRESS,
    createdAt: Date.UTC(2001, 1, 3, 4, 5, 6),
    expiresAt: Date.UTC(2001, 1, 3, 4, 5, 6) + (letter.expiresAt - letter.createdAt),
  };
  const text = (await compose(standIn)).toString("latin1");
  const to = `\r\nTo: ${ADDRESS}\r\n`;
  const addressAt = text.indexOf(to) + to.indexOf(ADDRESS);
  if (text.split(to).length !== 2 || text.split(ADDRESS).length !== 2) return undefined;
  const without = text.slice(0, addressAt) + text.slice(addressAt + ADDRESS.length);
  const fields: Field[] = ["code", "link", "id", "date"];
  const places = fields.flatMap((field) => occurrences(without, fieldOf(standIn, field)).map((at) => ({ field, at })));
  const template = { bytes: Buffer.from(without, "latin1"), addressAt, places };
  const other = { ...letter, createdAt: letter.createdAt + MINUTE_MS, expiresAt: letter.expiresAt + MINUTE_MS };
  return fill(template, other).equals(await compose(other)) ? template : undefined;
}

/** Where the bytes of `standIn` lie, also across the soft line breaks of quoted-printable. */
function occurrences(text: string, standIn: string): number[][] {
  const characters = [...standIn].map((character) => character.replace(/[^\w]/, "\\$&"));
  return [...text.matchAll(new RegExp(characters.join("(?:=\r\n)?"), "g"))].map(({ 0: found, index }) => {
    const at: number[] = [];
    for (let offset = 0; offset < found.length; offset += 1) {
      if (found.startsWith("=\r\n", offset)) offset += 2;
      else at.push(index + offset);
    }
    return at;
  });
}

function fieldOf(letter: CodeLetter, field: Field): string {
  switch (field) {
    case "code":
      return letter.code;
    case "link":
      return letter.recipientLink;
    case "id":
      return letter.id.replaceAll("-", "");
    case "date":
      return new Date(letter.createdAt).toUTCString().replace("GMT", "+0000");
    default:
      return field satisfies never;
  }
}

function fill({ bytes, addressAt, places }: Template, letter: CodeLetter): Buffer {
  const filled = Buffer.from(bytes);
  for (const { field, at } of places) {
    const value = fieldOf(letter, field);
    for (const [nth, offset] of at.entries()) filled[offset] = value.charCodeAt(nth);
  }
  return Buffer.concat([filled.subarray(0, addressAt), Buffer.from(letter.address, "latin1"), filled.subarray(addressAt)]);
}
