/**
 * How does a person see what left for an answer of theirs? The entries of the ledger, and of each the exact bytes: as a file
 * that no browser takes for a page, since the words in it are anybody's.
 */
import type { EgressAnswer } from "#contract/wire.ts";
import type { Egress } from "#egress/egress.ts";
import { idOf, json, member, refuse, type Handlers } from "./handler.ts";

export function egressHandlers({ egress }: { egress: Pick<Egress, "entriesOf" | "bodyOf"> }): Handlers {
  return {
    "GET /api/messages/:id/egress": async (context) => {
      const id = idOf(context);
      if (id === undefined) return refuse("not-found");
      return json({ entries: await egress.entriesOf(member(context).id, id) } satisfies EgressAnswer);
    },
    "GET /api/egress/:id/body": async (context) => {
      const id = idOf(context);
      const bytes = id === undefined ? undefined : await egress.bodyOf(member(context).id, id);
      if (bytes === undefined) return refuse("not-found");
      return new Response(new Uint8Array(bytes), {
        headers: {
          "content-type": "text/plain; charset=utf-8",
          "content-length": String(bytes.length),
          "content-disposition": `attachment; filename="holdfast-sent-${id}.txt"`,
          "content-security-policy": "default-src 'none'; sandbox",
          "cache-control": "no-store",
        },
      });
    },
  };
}
