/**
 * How does a program, or the small pages' script, walk the line, for an account or for a new password? Challenge, place and turn are decided here; a letter is
 * ordered from the app with the turn that was just used up, and the turn is given back when no letter came of it.
 */
import { checkBody, type WrongFields } from "#contract/body-check.ts";
import { COOKIES, setCookie } from "#contract/cookies.ts";
import { fieldSentence } from "#contract/problem-body.ts";
import { letterBody, placeBody, turnBody } from "#contract/schemas.ts";
import { WAYS, type AddressedTrace, type PlaceAnswer, type TraceAnswer, type Way } from "#contract/wire.ts";
import { jsonAnswer, problemAnswer } from "./answers.ts";
import type { AskApp, DoorAnswer, DoorHandlers, DoorRequest } from "./door-request.ts";
import { traceSentences } from "./pages/pages.ts";
import type { RegistrationLine } from "./registration-line.ts";

const PLACE_SECONDS = 60 * 60;

export function createJsonRoutes(parts: { line: RegistrationLine; askApp: AskApp }): DoorHandlers {
  return Object.assign({}, ...WAYS.map((way) => routesOf(way, parts))) as DoorHandlers;
}

function routesOf(way: Way, { line, askApp }: { line: RegistrationLine; askApp: AskApp }): DoorHandlers {
  return {
    [`POST /${way}/challenge`]: (request: DoorRequest) => jsonAnswer(line.challenge(request.browserSecret ?? "")),

    [`POST /${way}/place`]: (request: DoorRequest) => {
      const body = checkBody(placeBody, request.body);
      if (!body.ok) return refuseFields(request, body.failure);
      const placed = line.place(body.value, request.browserSecret ?? "", request);
      return placed.ok ? placeAnswer(request, placed.value) : problemAnswer(request, placed.failure.tag);
    },

    [`POST /${way}/turn`]: (request: DoorRequest) => {
      const body = checkBody(turnBody, request.body);
      if (!body.ok) return refuseFields(request, body.failure);
      const asked = line.turn(body.value.place, request.browserSecret ?? "", request);
      return asked.ok ? placeAnswer(request, asked.value) : problemAnswer(request, asked.failure.tag);
    },

    [`POST /${way}/letter`]: async (request: DoorRequest) => {
      const body = checkBody(letterBody, request.body);
      if (!body.ok) return refuseFields(request, body.failure);
      const taken = line.take(body.value.place, request.browserSecret ?? "", request);
      if (!taken.ok) {
        const { failure } = taken;
        if (failure.tag !== "not-your-turn") return problemAnswer(request, failure.tag);
        return problemAnswer(request, failure.tag, { retryAfterSeconds: failure.place.retryAfterSeconds });
      }
      const answer = await askApp(request, "POST", `/${way}/letter`, body.value, taken.value);
      if (answer.status >= 400) taken.value.giveBack((answer.json as { code?: string } | null)?.code);
      return passedOn(answer);
    },

    "POST /sign-up/trace": async (request) => {
      const answer = await askApp(request, "POST", "/sign-up/trace", request.body ?? {});
      if (answer.status >= 400) return passedOn(answer);
      const trace = answer.json as AddressedTrace;
      return jsonAnswer({ ...trace, steps: traceSentences(request.language, trace) } satisfies TraceAnswer);
    },
  };
}

/** The cookie is what the door sees before it reads the next body; what it buys is a lane. */
function placeAnswer(request: DoorRequest, answer: PlaceAnswer): DoorAnswer {
  request.setCookies.push(setCookie(COOKIES.place, answer.place, PLACE_SECONDS));
  return jsonAnswer(answer);
}

function refuseFields(request: DoorRequest, { tag, fields }: WrongFields): DoorAnswer {
  return problemAnswer(request, tag, {
    errors: fields.map(({ field, key }) => ({ field, sentence: fieldSentence(request.language, key) })),
  });
}

function passedOn({ status, setCookies, json }: Awaited<ReturnType<AskApp>>): DoorAnswer {
  const problem = status >= 400;
  const after = (json as { retryAfterSeconds?: number } | null)?.retryAfterSeconds;
  return jsonAnswer(json, status, {
    ...(problem ? { "content-type": "application/problem+json; charset=utf-8" } : {}),
    ...(problem && after !== undefined ? { "retry-after": String(Math.max(1, Math.ceil(after))) } : {}),
    ...(setCookies.length > 0 ? { "set-cookie": setCookies } : {}),
  });
}
