/**
 * How does mail do, for the operator? Whether letters go out and what slows them, the servers (mail-servers.tsx), what waits and
 * the last hour (mail-hour.tsx). Looks again every few seconds while it is seen; what was seen last stays when Holdfast is away.
 */
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import type { OperatorMailAnswer } from "#contract/wire.ts";
import { webMailEn } from "#contract/words/en/web-mail.ts";
import { webMailEs } from "#contract/words/es/web-mail.ts";
import { api } from "../api/http.ts";
import { clockText } from "../lib/dates.ts";
import { useLanguage, useWordsOf, type Say } from "../lib/say.ts";
import { buttonClass } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Hour, Waiting } from "./mail-hour.tsx";
import { Servers } from "./mail-servers.tsx";
import { OperatorPage, Section } from "./operator-page.tsx";

const WORDS = { en: webMailEn, es: webMailEs };
const LOOK_EVERY_MS = 4_000;
const MANUAL = "/manual/operate/mail";
const EXAMPLE = "SMTP_URL=smtps://user:password@smtp.example.com\nMAIL_FROM=Holdfast <codes@example.com>";

export type MailWords = Say<typeof webMailEn>;

export default function MailPage() {
  const say = useWordsOf<typeof webMailEn>(WORDS);
  const language = useLanguage();
  const { data, error, refetch } = useQuery({
    queryKey: ["operator-mail"],
    queryFn: ({ signal }) => api.get<OperatorMailAnswer>("/api/operator/mail", signal),
    refetchInterval: LOOK_EVERY_MS,
    refetchOnWindowFocus: true,
    retry: false,
  });
  return (
    <OperatorPage
      said={{
        title: say("mail.title"),
        back: say("mail.back"),
        intro: say("mail.intro"),
        failed: say("mail.failed"),
        loading: say("mail.loading"),
      }}
      more={{ href: MANUAL, text: say("mail.manual") }}
      looked={{ isThere: data !== undefined, error, refetch }}
    >
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
    </OperatorPage>
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
