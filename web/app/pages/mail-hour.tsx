/** What waits, for whose domain, and what became of the letters of the last hour? With what is held up, and why, in plain words. */
import type { MailQueue, OperatorMailAnswer } from "#contract/wire.ts";
import { useLanguage } from "../lib/say.ts";
import { shareText, spanText, tookText } from "../lib/sizes.ts";
import { Figure } from "./mail-servers.tsx";
import type { MailWords } from "./mail.tsx";
import { Section } from "./operator-page.tsx";

const NOTHING = "rounded-card border border-dashed border-field px-4 py-3 text-s text-soft";

export function Waiting({ waiting, say }: { waiting: OperatorMailAnswer["waiting"]; say: MailWords }) {
  const language = useLanguage();
  if (waiting.letters === 0)
    return (
      <Section title={say("mail.waiting")}>
        <p className={NOTHING}>{say("mail.waiting-none")}</p>
      </Section>
    );
  const wait = spanText(language, waiting.oldestSeconds);
  return (
    <Section title={say("mail.waiting")} hint={say("mail.waiting-hint")}>
      <p className="mb-3 font-medium">{say("mail.waiting-oldest", { letters: say("mail.letters", { count: waiting.letters }), wait })}</p>
      <ul className="divide-y divide-line rounded-card border border-line">
        {waiting.byDomain.map((queue) => (
          <li key={queue.provider ?? "others"} className="px-4 py-3">
            <div className="flex flex-wrap items-baseline gap-x-3">
              <span className="min-w-0 flex-1 basis-40 font-medium break-words">
                {queue.provider ?? say("mail.domain-others", { count: queue.domains })}
              </span>
              <span className="tabular-nums">{say("mail.letters", { count: queue.letters })}</span>
            </div>
            <p className="text-s text-soft">{aboutQueue(queue, spanText(language, queue.oldestSeconds), say)}</p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function aboutQueue({ provider, putOff, paused, slow }: MailQueue, wait: string, say: MailWords): string {
  const trouble =
    provider === null
      ? [paused > 0 && say("mail.domains-paused", { count: paused }), slow > 0 && say("mail.domains-slow", { count: slow })]
      : [paused > 0 && say("mail.domain-paused"), slow > 0 && say("mail.domain-slow")];
  return [say("mail.domain-oldest", { wait }), putOff > 0 && say("mail.domain-put-off", { count: putOff }), ...trouble]
    .filter((part) => part !== false)
    .join(" · ");
}

type Numbers = OperatorMailAnswer["hour"];

/** `limited`: unused letters are limited. They are not where they burden nobody, in the built-in mailbox. */
export function Hour({ hour, limited, say }: { hour: Numbers; limited: boolean; say: MailWords }) {
  const language = useLanguage();
  const { ordered, accepted, inTime, entered, p50Ms, p99Ms, unused } = hour;
  const lost = (["refused", "failed", "expired"] as const).flatMap((end) =>
    hour[end] > 0 ? [say(`mail.lost-${end}`, { count: hour[end] })] : [],
  );
  const number = new Intl.NumberFormat(language);
  return (
    <>
      <Section title={say("mail.hour")}>
        {ordered === 0 && accepted === 0 ? (
          <p className={NOTHING}>{say("mail.hour-none")}</p>
        ) : (
          <div className="space-y-4 rounded-card border border-line px-4 py-4">
            <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-4">
              <Figure name={say("mail.ordered")}>{number.format(ordered)}</Figure>
              <Figure name={say("mail.accepted")}>{number.format(accepted)}</Figure>
              <Figure name={say("mail.in-time")}>{accepted === 0 ? "–" : shareText(language, inTime, accepted)}</Figure>
              <Figure name={say("mail.entered")}>{number.format(entered)}</Figure>
            </dl>
            {p50Ms !== null && p99Ms !== null && (
              <p className="text-s text-soft">{say("mail.took", { half: tookText(language, p50Ms), most: tookText(language, p99Ms) })}</p>
            )}
            {lost.length > 0 && <p className="text-s text-soft">{say("mail.lost", { list: lost.join(" · ") })}</p>}
          </div>
        )}
        {limited && <Budget unused={unused} say={say} />}
      </Section>
      {limited && <HeldUp heldUp={hour.heldUp} say={say} />}
    </>
  );
}

function Budget({ unused, say }: { unused: Numbers["unused"]; say: MailWords }) {
  const share = unused.budget === 0 ? 0 : Math.min(1, unused.letters / unused.budget);
  const used = say("mail.budget-of", unused);
  return (
    <div className="mt-4">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span id="mail-budget" className="font-medium">
          {say("mail.budget")}
        </span>
        <span className="text-s text-soft tabular-nums">{used}</span>
      </div>
      <div
        role="meter"
        aria-labelledby="mail-budget"
        aria-valuemin={0}
        aria-valuemax={unused.budget}
        aria-valuenow={Math.min(unused.letters, unused.budget)}
        aria-valuetext={used}
        className="mt-1 h-2 overflow-hidden rounded-full bg-ink/12"
      >
        <div className={`h-full rounded-full ${share >= 0.75 ? "bg-warn" : "bg-accent"}`} style={{ width: `${share * 100}%` }} />
      </div>
      <p className="mt-1 text-s text-soft">{say("mail.budget-hint")}</p>
    </div>
  );
}

function HeldUp({ heldUp, say }: { heldUp: Numbers["heldUp"]; say: MailWords }) {
  const reasons = (["all", "network", "domain"] as const).filter((by) => heldUp[by] > 0);
  return (
    <Section title={say("mail.held")} {...(reasons.length > 0 ? { hint: say("mail.held-hint") } : {})}>
      {reasons.length === 0 ? (
        <p className={NOTHING}>{say("mail.held-none")}</p>
      ) : (
        <ul className="divide-y divide-line rounded-card border border-line">
          {reasons.map((by) => (
            <li key={by} className="px-4 py-3">
              {say(`mail.held-${by}`, { count: heldUp[by] })}
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
