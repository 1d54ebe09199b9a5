/**
 * When is work offered to somebody who signs up? Where the door asks for effort: first as a step before there is a place, then
 * as a button to whoever waits without. In peace nothing of it is loaded; where it does not load, one waits.
 */
import type { ChallengeAnswer, PlaceAnswer } from "#contract/wire.ts";
import { ask, type PlaceBody } from "./ask.ts";
import type { Effort, Sum } from "./effort.ts";
import { find, tools, way } from "./page.ts";

let effort: Effort | undefined;
let sum: Sum | undefined;

/** The nonce for `challenge`, with the step in which it is worked out handed to `show`. */
export async function workFirst(challenge: ChallengeAnswer, show: (step: HTMLElement) => void): Promise<string | undefined> {
  if (challenge.effort === 0) return undefined;
  await load();
  if (effort === undefined) return undefined;
  stopWork();
  const mine = effort.startSum(Promise.resolve(challenge));
  sum = mine;
  show(effort.stepOf(mine, find("#step > .step")?.cloneNode(true)));
  const nonce = await mine.done;
  if (sum === mine) sum = undefined;
  return nonce;
}

/** Nobody who is there any longer needs it. */
export function stopWork(): void {
  sum?.stop();
  sum = undefined;
}

/** Loads what `offerAhead` needs, so that its button is there from the start. */
export async function prepareOffer(answer: PlaceAnswer): Promise<void> {
  if (isOffered(answer)) await load();
}

/** Lets whoever waits within `step` get ahead by work; `got` has the place that came of it, which replaces the one of `answer`. */
export function offerAhead(step: HTMLElement, answer: PlaceAnswer, got: (better: PlaceAnswer) => void): void {
  const ways = find(".ways", step);
  // while a sum is done its own button is there
  if (ways === null || sum !== undefined) return;
  find("[data-ahead]", ways)?.remove();
  if (effort !== undefined && isOffered(answer)) ways.append(effort.offer(() => void getAhead(step, ways, answer.place, got)));
}

async function getAhead(step: HTMLElement, ways: HTMLElement, place: string, got: (better: PlaceAnswer) => void): Promise<void> {
  if (effort === undefined || sum !== undefined) return;
  const asked = ask<ChallengeAnswer>(`${way}/challenge`, {}).then(({ value }) => value);
  const mine = effort.startSum(asked);
  sum = mine;
  ways.replaceWith(mine.element);
  find("button", mine.element)?.focus();
  const nonce = await mine.done;
  const stays = sum === mine;
  const [challenge, focused] = [(await asked)?.challenge ?? "", mine.element.contains(document.activeElement)];
  const reply = nonce !== undefined && stays ? await ask<PlaceAnswer>(`${way}/place`, { challenge, nonce, place } satisfies PlaceBody) : {};
  mine.element.replaceWith(ways);
  if (focused) find("h1", step)?.focus();
  if (sum !== mine) return;
  sum = undefined;
  if (reply.value !== undefined) got(reply.value);
}

/** Whoever worked once is left alone. */
function isOffered({ effort: asked }: PlaceAnswer): boolean {
  return asked !== undefined && asked.paid === 0 && asked.wanted > 0;
}

async function load(): Promise<void> {
  effort ??= await import("./effort.ts").then(
    ({ createEffort }) => createEffort(tools),
    () => undefined,
  );
}
