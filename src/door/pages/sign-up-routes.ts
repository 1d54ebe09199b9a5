/**
 * How does a person without script sign up, or choose a new password for a forgotten one? Address → place → (waiting page, which asks again by itself) → letter → code
 * and password. The browser carries everything in its draft cookie; the door keeps nothing. A full turn costs one letter.
 */
import { LIMITS } from "#contract/schemas.ts";
import { fieldSentence, problemBody } from "#contract/problem-body.ts";
import { suggestAddress } from "#contract/mail-providers.ts";
import type { Problem, ProblemCode } from "#contract/problems.ts";
import type { AddressedTrace, LetterAnswer, PlaceAnswer, Way } from "#contract/wire.ts";
import type { DoorAnswer, DoorHandlers, DoorRequest } from "../door-request.ts";
import { keepDraft, readDraft } from "./draft.ts";
import { contextOf, enterOr, problemOf, retryHeader, typed, type FormParts } from "./form-answers.ts";
import { goTo, pageAnswer } from "./page-answer.ts";

/** Refusals that pass by themselves: the place is kept, and the letter is asked for again. */
const GOES_ON: readonly string[] = ["too-busy", "app-down", "mail-down", "letters-braked", "unexpected", "disk-full"];

/** `place`: one that is good for another address. */
type FormMore = { problem?: Problem; suggestion?: string; cookieMissing?: boolean; place?: string };

export function signUpRoutes(parts: FormParts): DoorHandlers {
  return {
    ...wayRoutes("sign-up", parts),
    ...wayRoutes("recover", parts),

    "POST /sign-up/confirm": async (request) => {
      const [envelope, code] = [typed(request, "envelope", LIMITS.envelopeBytes), typed(request, "code", 64)];
      const draft = readDraft(request.headers.cookie);
      const way = draft?.way ?? "sign-up";
      const address = draft?.address ?? typed(request, "address", LIMITS.addressChars);
      const answer = await parts.askApp(request, "POST", "/sign-up/confirm", { envelope, code, password: typed(request, "password") });
      const view = { way, envelope, address, code, expiresAt: 0 };
      return enterOr(request, answer, (problem) => parts.pages.code(contextOf(parts, request, `/${way}/wait`), { ...view, problem }));
    },
  };
}

function wayRoutes(way: Way, parts: FormParts): DoorHandlers {
  const { pages, line, askApp, state } = parts;
  const [FORM, WAIT] = [`/${way}`, `/${way}/wait`];

  const form = (request: DoorRequest, address: string, more: FormMore = {}): DoorAnswer => {
    const { problem, suggestion, cookieMissing = false, place } = more;
    const { challenge } = line.challenge(request.browserSecret ?? "");
    const view = {
      way,
      challenge,
      address,
      cookieMissing,
      ...(problem === undefined ? {} : { problem }),
      ...(suggestion === undefined ? {} : { suggestion }),
    };
    return pageAnswer(cookieMissing ? 400 : (problem?.status ?? 200), pages.signUp(contextOf(parts, request, FORM), view), {
      ...(problem === undefined ? {} : retryHeader(problem)),
      ...(place === undefined ? {} : { "set-cookie": [keepDraft({ way, address, place })] }),
    });
  };
  const faulty = (request: DoorRequest, address: string, code: ProblemCode) =>
    form(request, address, { problem: problemBody(request.language, code) });

  const wait = (request: DoorRequest, address: string, answer: PlaceAnswer, problem?: Problem): DoorAnswer => {
    const view = {
      way,
      place: answer.place,
      address,
      wait: answer.wait ?? null,
      retryAfterSeconds: Math.max(answer.retryAfterSeconds, problem === undefined ? 1 : (problem.retryAfterSeconds ?? 3)),
      mail: state.health()?.mail ?? null,
      ...(problem === undefined ? {} : { problem }),
    };
    const page = pages.waiting(contextOf(parts, request, WAIT), view);
    return pageAnswer(200, page, { "set-cookie": [keepDraft({ way, address, place: answer.place })] });
  };

  /**
   * A place for this browser, also when the page was open for longer than its challenge lives: waiting costs nobody anything.
   * Whoever has one already, and only corrects the address, keeps it.
   */
  const placeFor = (request: DoorRequest) => {
    const secret = request.browserSecret ?? "";
    const [challenge, nonce] = [typed(request, "challenge", LIMITS.challengeBytes), typed(request, "nonce", LIMITS.nonceChars)];
    const draft = readDraft(request.headers.cookie);
    const place = draft !== undefined && "place" in draft ? draft.place : undefined;
    const first = line.place({ challenge, nonce, place }, secret, request);
    return first.ok ? first : line.place({ challenge: line.challenge(secret).challenge, place }, secret, request);
  };

  /** The letter's way so far, if the app can tell. */
  const traced = async (request: DoorRequest, envelope: string): Promise<{ trace?: AddressedTrace }> => {
    const answer = await askApp(request, "POST", "/sign-up/trace", { envelope });
    const trace = answer.json as Partial<AddressedTrace> | null;
    return answer.status < 400 && typeof trace?.orderedAt === "number" ? { trace: trace as AddressedTrace } : {};
  };

  const orderLetter = async (request: DoorRequest, address: string, place: string): Promise<DoorAnswer> => {
    const taken = line.take(place, request.browserSecret ?? "", request);
    if (!taken.ok) {
      const { failure } = taken;
      if (failure.tag === "not-your-turn") return wait(request, address, failure.place);
      // another tab may have had the letter; its cookie is here by now
      if (failure.tag === "place-spent" && request.query.get("from") !== "spent") return goTo(`${WAIT}?from=spent`);
      return faulty(request, address, failure.tag);
    }
    const { placeId, effort, giveBack } = taken.value;
    const answer = await askApp(request, "POST", `${FORM}/letter`, { place, address, language: request.language }, { placeId, effort });
    if (answer.status < 400) {
      const { envelope, expiresAt } = answer.json as LetterAnswer;
      const view = { way, envelope, address, code: "", expiresAt, ...(await traced(request, envelope)) };
      const page = pages.code(contextOf(parts, request, WAIT), view);
      return pageAnswer(200, page, { "set-cookie": [...answer.setCookies, keepDraft({ way, address, envelope, expiresAt })] });
    }
    const problem = problemOf(request, answer);
    giveBack(problem.code);
    const next = GOES_ON.includes(problem.code) ? line.turn(place, request.browserSecret ?? "", request) : undefined;
    if (next?.ok === true) return wait(request, address, next.value, problem);
    const suggestion = problem.code === "invalid-field" ? suggestAddress(address) : undefined;
    return form(request, address, { problem, place, ...(suggestion === undefined ? {} : { suggestion }) });
  };

  return {
    [`GET ${FORM}`]: (request: DoorRequest) => form(request, readDraft(request.headers.cookie)?.address ?? ""),

    [`POST ${FORM}`]: (request: DoorRequest) => {
      const given = typed(request, "address", LIMITS.addressChars).trim();
      const suggestion = suggestAddress(given);
      const address = suggestion !== undefined && typed(request, "use") === suggestion ? suggestion : given;
      if (suggestion !== undefined && address === given && typed(request, "as-typed") === "") return form(request, given, { suggestion });
      if (!/^[^\s@]+@[^\s@]+$/.test(address)) {
        const errors = [{ field: "address", sentence: fieldSentence(request.language, address === "" ? "required" : "address") }];
        return form(request, address, { problem: problemBody(request.language, "invalid-field", { errors }) });
      }
      const placed = placeFor(request);
      if (!placed.ok) return faulty(request, address, placed.failure.tag);
      return goTo(`${WAIT}?from=form`, [keepDraft({ way, address, place: placed.value.place })]);
    },

    [`GET ${WAIT}`]: async (request: DoorRequest) => {
      const draft = readDraft(request.headers.cookie);
      if (draft === undefined) return request.query.get("from") === "form" ? form(request, "", { cookieMissing: true }) : goTo(FORM);
      if ("envelope" in draft) {
        const view = { ...draft, code: "", ...(await traced(request, draft.envelope)) };
        return pageAnswer(200, pages.code(contextOf(parts, request, `/${draft.way}/wait`), view));
      }
      const asked = line.turn(draft.place, request.browserSecret ?? "", request);
      if (!asked.ok) return faulty(request, draft.address, asked.failure.tag);
      if (!asked.value.turn) return wait(request, draft.address, asked.value);
      return orderLetter(request, draft.address, asked.value.place);
    },
  };
}
