/** How do the bench and its processes talk? A question has a number, its answer the same one; a thrown error is an answer too. */

export type Question = { id: number; ask: string; given: unknown };
export type Reply = { id: number; answer: unknown } | { id: number; error: string };

type Handlers = Record<string, (given: never) => unknown>;

/** In the process: answers the bench until the channel ends. */
export function answerParent(handlers: Handlers): void {
  process.on("message", async ({ id, ask, given }: Question) => {
    try {
      const answer: unknown = await (handlers[ask] as ((given: unknown) => unknown) | undefined)?.(given);
      process.send?.({ id, answer } satisfies Reply);
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) } satisfies Reply);
    }
  });
  process.on("disconnect", () => process.exit(0));
}
