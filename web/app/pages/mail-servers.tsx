/**
 * What does the operator see of each mail server, and how is it tried? Its state in words, why and what to do, how long it takes;
 * a look at all of them without a letter, and a letter to oneself through one of them. What came of it stands beside it.
 */
import { useState, type ReactNode } from "react";
import type { MailCheckAnswer, MailFailure, MailServer, MailTestAnswer, MailTrouble, OperatorMailAnswer } from "#contract/wire.ts";
import { api, ApiProblem, problemOf } from "../api/http.ts";
import { clockText } from "../lib/dates.ts";
import { barsOf, lettersIn } from "../lib/mail-bars.ts";
import { useLanguage } from "../lib/say.ts";
import { spanText, tookText } from "../lib/sizes.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Spinner } from "../ui/spinner.tsx";
import { useSession } from "./chat/session.ts";
import type { MailWords } from "./mail.tsx";
import { Section } from "./operator-page.tsx";

/** A server has half a minute to answer. */
const DEADLINE_MS = 45_000;

type Checked = { at: number; troubles: ReadonlyMap<string, MailTrouble | null> };
/** Of the last test letter; `refusal`: it was not even tried. */
type Tested = { server: string; answer?: MailTestAnswer; refusal?: string };

export function Servers({ answer, say }: { answer: OperatorMailAnswer; say: MailWords }) {
  const { account } = useSession();
  const language = useLanguage();
  const [checking, setChecking] = useState(false);
  const [checked, setChecked] = useState<Checked>();
  const [refusal, setRefusal] = useState<string>();
  const [testing, setTesting] = useState<string>();
  const [tested, setTested] = useState<Tested>();

  const check = async () => {
    if (checking) return;
    setChecking(true);
    setRefusal(undefined);
    try {
      const { servers } = await api.post<MailCheckAnswer>("/api/operator/mail/check", {}, DEADLINE_MS);
      setChecked({ at: Date.now(), troubles: new Map(servers.map(({ name, trouble }) => [name, trouble])) });
    } catch (error) {
      setRefusal(problemOf(error).detail);
    }
    setChecking(false);
  };
  const test = async (server: string) => {
    if (testing !== undefined) return;
    setTesting(server);
    setTested(undefined);
    try {
      setTested({ server, answer: await api.post<MailTestAnswer>("/api/operator/mail/test", { server }, DEADLINE_MS) });
    } catch (error) {
      const limited = error instanceof ApiProblem && error.problem.code === "letter-limit";
      const wait = spanText(language, problemOf(error).retryAfterSeconds ?? 0);
      setTested({ server, refusal: limited ? say("mail.test-limit", { wait }) : problemOf(error).detail });
    }
    setTesting(undefined);
  };

  return (
    <Section title={say("mail.servers")} {...(answer.servers.length > 1 ? { hint: say("mail.servers-hint") } : {})}>
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button aria-disabled={checking} onClick={() => void check()}>
          {say("mail.check")}
        </Button>
        <p
          role="status"
          className={`flex min-h-6 flex-1 basis-60 items-center gap-2 text-s ${refusal === undefined ? "text-soft" : "text-danger"}`}
        >
          {checking && <Spinner />} {checking ? say("mail.checking") : (refusal ?? say("mail.check-hint"))}
        </p>
      </div>
      <ul className="space-y-4">
        {answer.servers.map((server) => (
          <li key={server.name}>
            <Card server={server} now={answer.now} stepsMs={answer.stepsMs} say={say}>
              <div>
                <div role="status" className="space-y-3 not-empty:mb-4">
                  {checked?.troubles.has(server.name) === true && (
                    <CheckResult at={checked.at} trouble={checked.troubles.get(server.name) ?? null} say={say} />
                  )}
                  {testing === server.name && (
                    <p className="flex items-center gap-2 text-s text-soft">
                      <Spinner /> {say("mail.testing")}
                    </p>
                  )}
                  {tested?.server === server.name && <TestResult tested={tested} say={say} />}
                </div>
                <Button
                  aria-disabled={testing !== undefined}
                  onClick={() => void test(server.name)}
                  aria-label={
                    answer.servers.length > 1 ? say("mail.test-by", { server: say("mail.server", { name: server.name }) }) : undefined
                  }
                >
                  {say("mail.test")}
                </Button>
              </div>
            </Card>
          </li>
        ))}
      </ul>
      <p className="mt-3 text-s break-words text-soft">{say("mail.test-hint", { address: account.address })}</p>
    </Section>
  );
}

function Card({
  server,
  now,
  stepsMs,
  say,
  children,
}: {
  server: MailServer;
  now: number;
  stepsMs: readonly number[];
  say: MailWords;
  children: ReactNode;
}) {
  const language = useLanguage();
  const failing = server.state === "failing";
  return (
    <article className="overflow-hidden rounded-card border border-line">
      <div className={`flex gap-3 px-4 py-3 ${failing ? "bg-danger-soft" : ""}`}>
        <Icon name={server.state === "working" ? "check" : "alert"} className={`mt-1 ${TONES[server.state]}`} />
        <div className="min-w-0 flex-1">
          <h3 className="font-semibold">
            {say("mail.server", { name: server.name })}: <span className={TONES[server.state]}>{say(`mail.server-${server.state}`)}</span>
          </h3>
          <p className={`text-s break-all ${failing ? "text-ink" : "text-soft"}`}>
            {server.host}:{server.port}
          </p>
          {server.state === "slow" && <p className="mt-1 text-s">{say("mail.server-slow-detail")}</p>}
          {failing && server.why !== null && (
            <div className="mt-1 text-s">
              <Why word={server.why} say={say} />
              {server.nextTryAt !== null && <p>{say("mail.next-try", { time: clockText(language, server.nextTryAt) })}</p>}
            </div>
          )}
        </div>
      </div>
      <div className="space-y-4 border-t border-line px-4 py-4">
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
          <Figure name={say("mail.accept")}>
            {server.acceptMs === null ? say("mail.accept-none") : tookText(language, server.acceptMs)}
          </Figure>
          <Figure name={say("mail.heard")}>
            {server.heardAt === null
              ? say("mail.heard-never")
              : say("mail.heard-ago", { wait: spanText(language, (now - server.heardAt) / 1_000) })}
          </Figure>
          <Figure name={say("mail.connections")}>{say("mail.connections-used", server.connections)}</Figure>
        </dl>
        <Histogram histogram={server.histogram} stepsMs={stepsMs} say={say} />
        {children}
      </div>
    </article>
  );
}

const TONES: Record<MailServer["state"], string> = {
  working: "text-accent",
  slow: "text-warn",
  unknown: "text-soft",
  failing: "text-danger",
};

export function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-s text-soft">{name}</dt>
      <dd className="font-medium tabular-nums">{children}</dd>
    </div>
  );
}

function Why({ word, say }: { word: MailFailure; say: MailWords }) {
  return (
    <p>
      <span className="font-medium">{say(`mail.why-${word}`)}</span> {say(`mail.do-${word}`)}
    </p>
  );
}

/** Bars for the eye; the same as one sentence for everybody else. */
function Histogram({ histogram, stepsMs, say }: { histogram: readonly number[]; stepsMs: readonly number[]; say: MailWords }) {
  const language = useLanguage();
  const count = lettersIn(histogram);
  if (count === 0) return null;
  const bars = barsOf(histogram, stepsMs);
  const number = new Intl.NumberFormat(language);
  const told = bars
    .filter((bar) => bar.count > 0)
    .map((bar) =>
      bar.endMs === null
        ? say("mail.histogram-longer", { count: bar.count })
        : say("mail.histogram-within", { count: bar.count, time: tookText(language, bar.endMs) }),
    );
  const sentence = `${say("mail.histogram")}: ${say("mail.letters", { count })}; ${told.join(", ")}`;
  const last = stepsMs.at(-1) ?? 0;
  return (
    <div role="img" aria-label={sentence}>
      <p aria-hidden="true" className="text-s text-soft">
        {say("mail.histogram")} ({say("mail.letters", { count })})
      </p>
      <div aria-hidden="true" className="mt-2 flex items-end gap-0.5 sm:gap-1">
        {bars.map((bar) => (
          <div key={bar.endMs ?? "longer"} className="min-w-0 flex-1 text-center text-xs text-soft tabular-nums">
            <span className="max-sm:hidden">{bar.count === 0 ? "" : number.format(bar.count)}</span>
            <span className="flex h-16 items-end border-b border-field">
              <span className="block w-full rounded-t-chip bg-accent" style={{ height: `${bar.height}%` }} />
            </span>
            <span className="block text-[0.6875rem] whitespace-nowrap">
              {bar.endMs === null ? `>${number.format(last / 1_000)}` : number.format(bar.endMs / 1_000)}
            </span>
          </div>
        ))}
      </div>
      <p aria-hidden="true" className="text-end text-xs text-soft">
        {say("mail.histogram-unit")}
      </p>
    </div>
  );
}

function CheckResult({ at, trouble, say }: { at: number; trouble: MailTrouble | null; say: MailWords }) {
  const time = clockText(useLanguage(), at);
  if (trouble === null) return <Fine>{say("mail.check-fine", { time })}</Fine>;
  return (
    <Notice tone="danger" title={say("mail.check-trouble", { time })}>
      <Trouble trouble={trouble} say={say} />
    </Notice>
  );
}

function TestResult({ tested: { answer, refusal }, say }: { tested: Tested; say: MailWords }) {
  const language = useLanguage();
  if (answer === undefined) return <Notice tone="warn">{refusal}</Notice>;
  if (answer.trouble === null) return <Fine>{say("mail.test-taken", { took: tookText(language, answer.tookMs) })}</Fine>;
  return (
    <Notice tone="danger" title={say("mail.test-trouble")}>
      <Trouble trouble={answer.trouble} say={say} />
    </Notice>
  );
}

function Trouble({ trouble: { word, status }, say }: { trouble: MailTrouble; say: MailWords }) {
  return (
    <>
      <Why word={word} say={say} />
      {status !== null && <p>{say("mail.status", { status: String(status) })}</p>}
    </>
  );
}

function Fine({ children }: { children: ReactNode }) {
  return (
    <p className="flex gap-2 text-s">
      <Icon name="check" className="text-accent" /> {children}
    </p>
  );
}
