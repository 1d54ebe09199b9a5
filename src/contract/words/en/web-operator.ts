/** What does the operator read on the page of the sign-up lever: how it is set, who set it so, and what people see then? */
import type { Catalogue } from "../words.ts";

export const webOperatorEn = {
  "sign-up.title": "Registration",
  "sign-up.back": "Back to the chat",
  "sign-up.status": "Status page",
  "sign-up.intro": "Who may create an account here. Members notice nothing of it: they sign in and chat as always.",
  "sign-up.loading": "How registration is set is being looked up",
  "sign-up.failed": "How registration is set could not be looked up.",

  "sign-up.now": "Now",
  "sign-up.never": "It has been so from the beginning.",
  "sign-up.since": "Set by {who}, {when}.",

  "sign-up.choose": "Set it to",
  "sign-up.open": "Open",
  "sign-up.open-see":
    "Whoever has an e-mail address can register. People see nothing of a line in peace, and how long it takes when there is one.",
  "sign-up.slow": "Slow",
  "sign-up.slow-see":
    "Letters to newcomers go out at the pace that you choose. Every page says so, and how long somebody waits who comes now. Places in the line are kept.",
  "sign-up.slow-pace": "Letters a minute",
  "sign-up.slow-now": { one: "Slow: one letter a minute", other: "Slow: {count} letters a minute" },
  "sign-up.invited": "Only invited people",
  "sign-up.invited-see":
    "The sign-up page says that this Holdfast takes only people who were invited. Invitations can't be sent yet, so for now only people who have an account get in.",
  "sign-up.closed": "Closed",
  "sign-up.closed-see":
    "The sign-up page says that registration is closed, and since when. Whoever waits in the line is told so. Whoever has a code already can use it for as long as it is good, ten minutes at most.",
  "sign-up.set": "Set it so",
  "sign-up.same": "It is set so already.",
  "sign-up.done": "Registration: {mode}. People see it within two seconds.",
  "sign-up.undo": "Set it back",
  "sign-up.undo-to": "Set back to “{mode}”",

  "sign-up.changes": "Changes",
  "sign-up.changes-hint": "Each one stays written down, the newest first; the last twenty are shown.",
  "sign-up.changes-none": "Nobody has changed it yet.",
} as const satisfies Catalogue;
