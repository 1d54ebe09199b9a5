/**
 * How is a provider listened to, so that nothing it does can hold us? When `signal` aborts the stream ends at once, also
 * for a provider that does not look at it; one that throws, or ends without a finish or an error, has failed.
 */
import type { Logger } from "pino";
import type { GenerationRequest, ModelProvider, StreamPart } from "./provider.ts";

/** The parts of one answer. Ends with exactly one `finish` or `error`, or silently when `signal` aborts. */
export async function* partsOf(
  provider: ModelProvider,
  request: GenerationRequest,
  signal: AbortSignal,
  log: Logger,
): AsyncGenerator<StreamPart> {
  const iterator = provider.stream(request, signal)[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || signal.aborted) return;
      if (next.done === true) break;
      yield next.value;
      if (next.value.kind === "finish" || next.value.kind === "error") return;
    }
    log.warn({ provider: provider.id }, "a model's stream ended without an end");
  } catch (error) {
    if (signal.aborted) return;
    log.error({ err: error, provider: provider.id }, "a model provider threw");
  } finally {
    // it may hang: nobody waits for it
    iterator.return?.()?.catch(() => {});
  }
  yield { kind: "error", code: "model-failed" };
}
