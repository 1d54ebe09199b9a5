/**
 * Which model answers whoever chose none? The operator's choice, else the first offer in the order of the providers.
 * Nobody is quietly handed on: a chosen model or an expected provider with nothing to offer means that there is none now.
 */

export type Offer = {
  /** "guide", "local" or "server:<name>". */
  providerId: string;
  /** The operator named this provider in the settings (true), or one model of it (by its id). */
  expected: boolean | string;
  /** Ids of what it offers, its own first choice first. */
  modelIds: readonly string[];
};

/** `canComeBack`: whether a provider that is not there now may be there later under the same settings. */
export function defaultModel(chosen: string | null, offers: readonly Offer[], canComeBack: (providerId: string) => boolean): string | null {
  if (chosen !== null) {
    const offer = offers.find(({ providerId }) => providerId === providerOf(chosen));
    if (offer?.modelIds.includes(chosen) === true) return chosen;
    // a choice from before the settings changed is no choice any more
    if (offer !== undefined || canComeBack(providerOf(chosen))) return null;
  }
  for (const { modelIds, expected } of offers) {
    if (typeof expected === "string") return modelIds.includes(expected) ? expected : null;
    const [first] = modelIds;
    if (first !== undefined) return first;
    if (expected) return null;
  }
  return null;
}

/** The part of a model id before its first "/". */
export function providerOf(modelId: string): string {
  return modelId.slice(0, Math.max(0, modelId.indexOf("/")));
}
