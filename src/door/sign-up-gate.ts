/**
 * Whom does the operator's lever turn away? Newcomers before they have a code, while sign-up is closed or only for people who
 * were invited. Nobody else: sign-in, members, the first operator, whoever has a code, and whoever forgot a password (the app makes
 * no account of that). Fails open: a door that was not
 * told how sign-up is set shows the form, and the app refuses the letter.
 */
import type { Route } from "#contract/routes.ts";
import type { SignUpSetting } from "#contract/wire.ts";
import { problemAnswer } from "./answers.ts";
import type { DoorAnswer, DoorRequest } from "./door-request.ts";
import { readDraft } from "./pages/pages.ts";

const WAITING_PAGE = "GET /sign-up/wait";
const NEWCOMERS: ReadonlySet<string> = new Set([
  "GET /sign-up",
  "POST /sign-up",
  WAITING_PAGE,
  "POST /sign-up/challenge",
  "POST /sign-up/place",
  "POST /sign-up/turn",
  "POST /sign-up/letter",
]);

/** The refusal, before anything of the body was read; `undefined`: go on. */
export function turnedAway(request: DoorRequest, route: Route, { mode, since }: SignUpSetting): DoorAnswer | undefined {
  if (mode === "open" || mode === "slow") return undefined;
  const key = `${route.method} ${route.path}`;
  if (!NEWCOMERS.has(key)) return undefined;
  const draft = key === WAITING_PAGE ? readDraft(request.headers.cookie) : undefined;
  if (draft !== undefined && "envelope" in draft) return undefined;
  return problemAnswer(request, "sign-up-closed", { signUp: { mode, since } });
}
