/**
 * How does mail do, for the operator? Whether letters go out and what slows them, the servers (mail-servers.tsx), what waits and
 * the last hour (mail-hour.tsx). Looks again every few seconds while it is seen; what was seen last stays when Holdfast is away.
 */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "wouter";
import type { OperatorMailAnswer } from "#contract/wire.ts";
import { webMailEn } from "#contract/words/en/web-mail.ts";
import { webMailEs } from "#contract/words/es/web-mail.ts";
import { api, problemOf } from "../api/http.ts";
import { clockText } from "../lib/dates.ts";
import { useLanguage, useWords, useWordsOf, type Say } from "../lib/say.ts";
import { Button, buttonClass } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Ghost } from "../ui/spinner.tsx";
import { Hour, Waiting } from "./mail-hour.tsx";
import { Servers } from "./mail-servers.tsx";
import { Section } from "./models-section.tsx";

const WORDS = { en: webMailEn, es: webMailEs };
const LOOK_EVERY_MS = 4_000;
const MANUAL = "/manual/operate/mail";
const EXAMPLE = "SMTP_URL=smtps://user:password@smtp.example.com\nMAIL_FROM=Holdfast <codes@example.com>";

export type MailWords = Say<typeof webMailEn>;

export default function MailPage() {
  const say = useWordsOf<typeof webMailEn>(WORDS);
  const common = useWords();
  const language = useLanguage();
  const { data, error, refetch } = useQuery({
    queryKey: ["operator-mail"],
    queryFn: ({ signal }) => api.get<OperatorMailAnswer>("/api/operator/mail", signal),
    refetchInterval: LOOK_EVERY_MS,
    refetchOnWindowFocus: true,
    retry: false,
  });
  const title = say("mail.title");
  useEffect(() => {
    document.title = `${title} · Holdfast`;
  }, [title]);
  return (
    <div className="h-dvh overflow-y-auto bg-surface text-ink">
      <header className="sticky top-0 z-10 flex min-h-15 items-center gap-1 border-b border-line bg-surface px-2 sm:px-3">
        <Link href="/chat" className={buttonClass("quiet", "icon")} aria-label={say("mail.back")}>
          <Icon name="left" />
        </Link>
        <h1 className="min-w-0 flex-1 truncate px-2 font-semibold">{title}</h1>
        <a href={MANUAL} className={buttonClass("quiet", "small")}>
          {say("mail.manual")}
        </a>
      </header>
      <main className="mx-auto max-w-3xl px-4 pt-6 pb-24 sm:px-6">
        <p className="text-soft">{say("mail.intro")}</p>
        {error !== null && data === undefined && (
          <div className="mt-6 space-y-3" role="alert">
            <Notice tone="danger" title={say("mail.failed")}>
              {problemOf(error).detail}
            </Notice>
            <Button onClick={() => void refetch()}>{common("try-again")}</Button>
          </div>
        )}
        {data === undefined && error === null && (
          <div role="status" aria-label={say("mail.loading")} className="mt-8 space-y-4">
            <Ghost className="h-6 w-32" />
            <Ghost className="h-20 w-full" />
            <Ghost className="h-6 w-40" />
            <Ghost className="h-64 w-full" />
          </div>
        )}
        {data !== undefined && (
          <>
            {error !== null && (
              <div className="mt-6" role="status">
                <Notice tone="warn" title={say("mail.stale", { time: clockText(language, data.now) })}>
                  {say("mail.stale-detail")}
                </Notice>
              </div>
            )}
            <Now answer={data} say={say} />
            {data.goesTo === "servers" ? <Servers answer={data} say={say} /> : <Connect say={say} />}
            <Waiting waiting={data.waiting} say={say} />
            <Hour hour={data.hour} limited={data.goesTo !== "mailbox"} say={say} />
          </>
        )}
      </main>
    </div>
  );
}

type Tone = "fine" | "plain" | "warn" | "bad";
const TONES: Record<Tone, { card: string; icon: string; name: string }> = {
  fine: { card: "border-line", icon: "text-accent", name: "" },
  plain: { card: "border-line", icon: "text-soft", name: "" },
  warn: { card: "border-warn/30 bg-warn-soft", icon: "text-warn", name: "text-warn" },
  bad: { card: "border-danger/30 bg-danger-soft", icon: "text-danger", name: "text-danger" },
};

function Now({ answer, say }: { answer: OperatorMailAnswer; say: MailWords }) {
  const { name, detail, tone } = standing(answer, say);
  const look = TONES[tone];
  return (
    <Section title={say("mail.now")}>
      <div className="space-y-3" aria-live="polite">
        <div className={`flex gap-3 rounded-card border px-4 py-3 ${look.card}`}>
          <Icon name={tone === "fine" ? "check" : "alert"} className={`mt-1 ${look.icon}`} />
          <div className="min-w-0 flex-1">
            <p className={`text-l font-semibold ${look.name}`}>{name}</p>
            <p className={`text-s ${tone === "fine" || tone === "plain" ? "text-soft" : ""}`}>{detail}</p>
          </div>
        </div>
        {answer.hour.alarm && answer.goesTo !== "mailbox" && (
          <Notice
            tone="warn"
            title={say("mail.alarm")}
            actions={
              <Link href="/operator/sign-up" className={buttonClass("plain", "small")}>
                {say("mail.alarm-lever")}
              </Link>
            }
          >
            {say("mail.alarm-detail")}
          </Notice>
        )}
      </div>
    </Section>
  );
}

/** What holds now, worst first. */
function standing({ goesTo, mail, pace }: OperatorMailAnswer, say: MailWords): { name: string; detail: string; tone: Tone } {
  const told = (state: "mailbox" | "nowhere" | "unusable" | "unknown" | "failing", tone: Tone) => ({
    name: say(`mail.${state}`),
    detail: say(`mail.${state}-detail`),
    tone,
  });
  const { slowedBy, lettersPerSecond, allowed } = pace;
  if (goesTo === "nowhere" || goesTo === "unusable") return told(goesTo, "bad");
  if (goesTo === "mailbox") return told("mailbox", "plain");
  if (mail === "unknown") return told("unknown", "plain");
  if (mail === "failing") return told("failing", "bad");
  if (slowedBy === null || slowedBy === "servers")
    return { name: say("mail.working"), detail: say("mail.working-detail", { allowed }), tone: "fine" };
  const [unit, count] = lettersPerSecond < 1 ? (["minute", 60 * lettersPerSecond] as const) : (["second", lettersPerSecond] as const);
  const paceWords = say(`mail.pace-${unit}`, { count: count < 10 ? Math.round(10 * count) / 10 : Math.round(count) });
  return { name: say("mail.working-slow"), detail: say(`mail.slowed-${slowedBy}`, { pace: paceWords, allowed }), tone: "warn" };
}

function Connect({ say }: { say: MailWords }) {
  return (
    <Section title={say("mail.connect")}>
      <div className="space-y-3 rounded-card border border-line px-4 py-3">
        <p>{say("mail.connect-how", { file: "holdfast.env" })}</p>
        <pre className="rounded-m bg-ground px-3 py-2 font-mono text-s wrap-anywhere whitespace-pre-wrap">{EXAMPLE}</pre>
        <p className="text-s text-soft">{say("mail.connect-several")}</p>
        <a href={MANUAL} className={buttonClass("plain")}>
          {say("mail.connect-more")}
        </a>
      </div>
    </Section>
  );
}
