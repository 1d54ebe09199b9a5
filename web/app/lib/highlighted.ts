/**
 * How does highlighted code become elements without handing HTML to the page? highlight.js writes nothing but spans
 * with a class and escaped text; this reads exactly that and treats anything else as text. Pure.
 */

export type Piece = string | { className: string; pieces: Piece[] };

const ENTITIES: Readonly<Record<string, string>> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#x27;": "'" };

export function readHighlighted(html: string): Piece[] {
  const root: Piece[] = [];
  const open: Piece[][] = [root];
  for (const found of html.matchAll(/<span class="([^"]*)">|<\/span>|[^<]+|</g)) {
    const top = open.at(-1) ?? root;
    const [whole, className] = found;
    if (className !== undefined) {
      const pieces: Piece[] = [];
      top.push({ className, pieces });
      open.push(pieces);
    } else if (whole === "</span>") {
      if (open.length > 1) open.pop();
    } else {
      top.push(whole.replace(/&(?:amp|lt|gt|quot|#x27);/g, (entity) => ENTITIES[entity] ?? entity));
    }
  }
  return root;
}

/** The words of a piece without colours; what is shown and copied must be the same. */
export function plainText(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === "string" ? piece : plainText(piece.pieces))).join("");
}
