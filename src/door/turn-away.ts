/**
 * How is somebody told that they can't come in now? In their language, as a page or as a problem, and so that it costs little: nothing
 * of what they send along is read, and whoever asks on after many refusals connects anew.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { COOKIES } from "#contract/cookies.ts";
import { chooseLanguage } from "#contract/words/words.ts";
import type { Connections } from "./connections.ts";
import { hasBody } from "./core/headers.ts";
import { wantsPage } from "./core/request-origin.ts";
import { whatIsAsked, type Asking } from "./core/what-is-asked.ts";
import { isAccount } from "./core/facts.ts";
import type { Gate, TurnedAway } from "./gate.ts";
import type { Measuring } from "./measuring.ts";
import type { RefusalAsked, Refusals } from "./refusals.ts";
import type { RefuseEarly } from "./refuse-early.ts";

export type TurnAway = {
  /** After node has parsed the head. */
  parsed(message: IncomingMessage, response: ServerResponse, path: string, turned: TurnedAway): void;
  /** Before it has, for whoever is refused by what a cheap look at the head finds. */
  early: RefuseEarly;
};

/** Whoever asks on connects anew, and is then refused before anything is parsed. */
const REFUSALS_PER_CONNECTION = 8;

export function createTurnAway(parts: {
  gate: Gate;
  connections: Connections;
  measuring: Measuring;
  refusals: Refusals;
  ownOrigin: string;
  behindProxy: boolean;
}): TurnAway {
  const { gate, connections, measuring, refusals, ownOrigin, behindProxy } = parts;

  return {
    parsed(message, response, path, turned) {
      const { socket } = message;
      const goesOn = behindProxy || connections.isProven(socket) || connections.refused(socket) < REFUSALS_PER_CONNECTION;
      if (hasBody(message.headers) || !goesOn) response.shouldKeepAlive = false;
      const asked = refusalOf(message, path, turned);
      // otherwise the connection ends with this answer, and nothing else waits to be said there
      if (response.shouldKeepAlive || !connections.isAlone(socket)) return refusals.send(response, asked);
      socket.end(refusals.wire(asked, true));
      connections.ended(socket);
    },
    early(socket, head) {
      const { path, route } = whatIsAsked(head, ownOrigin);
      const turned = gate.turnsAway({ socket, headers: head.headers }, route);
      if (turned === undefined) return undefined;
      measuring.decided(turned.facts, turned.verdict);
      connections.prove(socket, isAccount(turned.facts.lane) ? turned.facts.holder : null);
      return (closes) => refusals.wire(refusalOf(head, path, turned), closes);
    },
  };
}

function refusalOf({ method = "", headers }: Asking, path: string, { facts, cookies, verdict }: TurnedAway): RefusalAsked {
  const language = chooseLanguage(cookies[COOKIES.language], headers["accept-language"]);
  const keepsPlace = facts.lane === "place" || facts.lane === "heartbeat";
  return { method, language, wantsPage: wantsPage(headers), keepsPlace, path, verdict };
}
