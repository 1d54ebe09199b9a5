/**
 * Where did the words of an answer go? The line under it says it in one sentence; behind the line stands each request
 * with exactly what was sent (what-left-list.tsx, loaded when it is opened).
 */
import { lazy, Suspense, useState } from "react";
import type { Message } from "#contract/wire.ts";
import { webModelsEn } from "#contract/words/en/web-models.ts";
import { webModelsEs } from "#contract/words/es/web-models.ts";
import { useWordsOf, type Say } from "../lib/say.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icon.tsx";
import { Ghost } from "./spinner.tsx";

const WhatLeftList = lazy(() => import("./what-left-list.tsx"));

export function WhatLeft({ message }: { message: Message }) {
  const say = useWordsOf<typeof webModelsEn>({ en: webModelsEn, es: webModelsEs });
  const [open, setOpen] = useState(false);
  const { egress, state } = message;
  // as high as the line that will come, so that nothing moves then
  if (egress.kind === "none" && state === "running") return <div className="min-h-8 pointer-coarse:min-h-target" aria-hidden="true" />;
  const line = lineOf(say, egress);
  return (
    <>
      <Button
        tone="quiet"
        size="small"
        className="-ms-2 max-w-full text-start"
        aria-haspopup="dialog"
        aria-label={say("left.open", { line })}
        onClick={() => setOpen(true)}
      >
        <Icon
          name={egress.kind === "sent" ? "away" : "lock"}
          className={`size-4 ${egress.kind === "sent" ? "text-warn" : "text-accent"}`}
        />
        <span className="min-w-0 break-words">{line}</span>
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={say("left.title")} wide>
        <Suspense fallback={<Ghost className="h-24 w-full" />}>
          <WhatLeftList message={message} />
        </Suspense>
      </Dialog>
    </>
  );
}

function lineOf(say: Say<typeof webModelsEn>, egress: Message["egress"]): string {
  if (egress.kind !== "sent") return say("left.stayed");
  const bytes = egress.destinations.reduce((sum, destination) => sum + destination.bytes, 0);
  const hosts = new Set(egress.destinations.map(({ host }) => host));
  const [first] = egress.destinations;
  if (hosts.size !== 1 || first === undefined) return say("left.sent-many", { count: hosts.size, bytes });
  const to = first.name === first.host || first.host.includes(first.name) ? first.host : `${first.name} (${first.host})`;
  return say("left.sent", { to, bytes });
}
