/** Which pages does the door show from its memory to whoever follows a link, and how is it asked whether it is well? */
import type { StatusAnswer } from "#contract/wire.ts";
import type { Clock } from "#kit/time.ts";
import { PROXIES_HEADER } from "#contract/processes.ts";
import { jsonAnswer, problemAnswer } from "./answers.ts";
import { chainLength } from "./core/proxy-chain.ts";
import type { DoorHandlers, DoorRequest } from "./door-request.ts";
import type { DoorState } from "./door-state.ts";
import type { ManualPage } from "./manual.ts";
import { answerSmallFile, pageAnswer, type AskedContext, type Pages, type SmallAssets } from "./pages/pages.ts";

export type PageParts = {
  pages: Pages;
  assets: SmallAssets;
  manual: ReadonlyMap<string, ManualPage>;
  state: DoorState;
  clock: Clock;
  mailbox: boolean;
  version: string;
};

export function createPageRoutes(parts: PageParts): DoorHandlers {
  const { pages, assets, manual, state, clock, mailbox, version } = parts;
  const context = (request: DoorRequest): AskedContext => ({
    language: request.language,
    signedIn: request.signedIn,
    mailbox,
    version,
    path: request.path,
  });
  const status = (): StatusAnswer => ({
    version,
    now: clock.now(),
    upSince: state.upSince,
    line: { ...state.line(), lettersPerSecond: state.lettersPerSecond(), quotes: state.quotes() },
    health: state.health(),
    signUp: state.signUp(),
  });

  return {
    "GET /": (request) => pageAnswer(200, pages.home(context(request))),
    "GET /status": (request) => pageAnswer(200, pages.status(context(request), status())),
    "GET /status.json": () => jsonAnswer(status()),
    // doctor asks through the public address how many proxies it came by
    "GET /healthz": ({ headers }) =>
      jsonAnswer({ door: "open" }, 200, { [PROXIES_HEADER]: String(chainLength(headers["x-forwarded-for"])) }),
    "GET /manual": (request) => pageAnswer(200, pages.manualIndex(context(request), [...manual.values()])),
    "GET /manual/:folder/:page": (request) => {
      const page = manual.get(`/manual/${request.params["folder"]}/${request.params["page"]}`);
      return page === undefined ? notFound(request) : pageAnswer(200, pages.manualPage(context(request), page));
    },
    "GET /small/:file": (request) =>
      answerSmallFile(assets, request.params["file"] ?? "", request.headers["accept-encoding"]) ?? notFound(request),
  };

  function notFound(request: DoorRequest) {
    return problemAnswer(request, "not-found");
  }
}
