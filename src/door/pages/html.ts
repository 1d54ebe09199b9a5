/**
 * How does text become HTML without becoming markup? Every value put into `html` is escaped, unless it is markup made
 * by `html` itself or vouched for by `trusted`. Attribute values must stand in double quotes.
 */

export type Markup = { readonly markup: string };
type Piece = Markup | string | number | false | null | undefined;

/**
 * Markup with its values escaped. A list is joined; false, null and undefined are left out. The indentation that the
 * source has is not sent: it is a tenth of a page.
 */
export function html(parts: TemplateStringsArray, ...values: readonly (Piece | readonly Piece[])[]): Markup {
  const sources = sourcesOf(parts);
  return { markup: values.reduce<string>((all, value, at) => all + pieces(value) + (sources[at + 1] ?? ""), sources[0] ?? "") };
}

/** One per template in the source: a page is shown far more often than there are templates. */
const tidied = new WeakMap<TemplateStringsArray, readonly string[]>();

function sourcesOf(parts: TemplateStringsArray): readonly string[] {
  const known = tidied.get(parts);
  if (known !== undefined) return known;
  const fresh = parts.map((part) => part.replaceAll(/>\s*\n\s*</g, "><").replaceAll(/\s*\n\s*/g, "\n"));
  tidied.set(parts, fresh);
  return fresh;
}

/** Markup that was made elsewhere and is known to be harmless. */
export function trusted(markup: string): Markup {
  return { markup };
}

function escapeText(text: string): string {
  if (!/[&<>"']/.test(text)) return text;
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/** The sentence `phrase` with markup in its gap `{name}`. */
export function withGap(phrase: string, name: string, value: Markup): Markup {
  const [before = "", after = ""] = phrase.split(`{${name}}`);
  return html`${before}${value}${after}`;
}

/** A JSON value as a whole attribute in single quotes: shorter than with every double quote escaped. */
export function jsonAttribute(name: string, value: unknown): Markup {
  const text = JSON.stringify(value).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("'", "&#39;");
  return trusted(`${name}='${text}'`);
}

function pieces(value: Piece | readonly Piece[]): string {
  if (Array.isArray(value)) return (value as readonly Piece[]).map(piece).join("");
  return piece(value as Piece);
}

function piece(value: Piece): string {
  if (value === false || value === null || value === undefined) return "";
  return typeof value === "object" ? value.markup : escapeText(String(value));
}
