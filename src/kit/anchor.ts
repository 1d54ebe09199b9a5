/**
 * Which anchor does a heading of the manual have? The door's pages and the guide's links make it the same way.
 */

/** The heading's letters and digits, lower-cased, joined by hyphens. */
export function headingAnchor(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
}
