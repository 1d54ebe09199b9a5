/**
 * How does a person see the bytes that were sent? Readable, or byte for byte, to copy or to save; and this browser counts
 * their SHA-256 itself and holds it against the ledger's.
 */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { EgressEntry } from "#contract/wire.ts";
import type { webModelsEn } from "#contract/words/en/web-models.ts";
import { api, problemOf } from "../api/http.ts";
import type { Say } from "../lib/say.ts";
import { readSentBody } from "../lib/sent-body.ts";
import { Button, buttonClass } from "./button.tsx";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icon.tsx";
import { Ghost } from "./spinner.tsx";

type Words = Say<typeof webModelsEn>;

export function SentBodyView({ entry, say }: { entry: EgressEntry; say: Words }) {
  const [view, setView] = useState<"readable" | "raw">("readable");
  const { data: body, error } = useQuery({
    queryKey: ["sent-body", entry.id],
    queryFn: ({ signal }) => api.text(`/api/egress/${entry.id}/body`, signal),
    staleTime: Infinity,
  });
  if (error !== null) {
    return (
      <p role="alert" className="mt-3 text-s text-danger">
        {problemOf(error).detail}
      </p>
    );
  }
  if (body === undefined) return <Ghost className="mt-3 h-24 w-full" />;
  return (
    <div className="mt-3">
      <div className="flex flex-wrap items-center gap-1">
        <div role="group" aria-label={say("left.view")} className="me-auto inline-flex rounded-m border border-line p-0.5">
          {(["readable", "raw"] as const).map((name) => (
            <Button
              key={name}
              tone="quiet"
              size="small"
              aria-pressed={view === name}
              className="aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-ink"
              onClick={() => setView(name)}
            >
              {say(`left.${name}`)}
            </Button>
          ))}
        </div>
        <CopyButton text={body} words={say} />
        {/* the file comes from the server as it is, not from the text that is shown here */}
        <a href={`/api/egress/${entry.id}/body`} download className={buttonClass("quiet", "small")}>
          <Icon name="down" className="size-4" />
          {say("left.download-body")}
        </a>
      </div>
      {view === "raw" ? <Exact text={body} name={say("left.raw")} /> : <Readable body={body} say={say} />}
      <SumCheck body={body} expected={entry.requestSha256} say={say} />
    </div>
  );
}

function Readable({ body, say }: { body: string; say: Words }) {
  const read = readSentBody(body);
  if (read.kind === "empty") return <p className="mt-2 text-s text-soft">{say("left.empty-body")}</p>;
  if (read.kind !== "chat") return <Exact text={read.text} name={say("left.readable")} />;
  return (
    <div className="mt-2 space-y-2">
      <ol className="space-y-2">
        {read.turns.map(({ role, text }, index) => (
          <li key={index} className="rounded-m bg-ink/4 px-3 py-2">
            <p className="text-xs font-medium text-soft">{roleName(say, role)}</p>
            <p className="text-s break-words whitespace-pre-wrap">{text}</p>
          </li>
        ))}
      </ol>
      <p className="pt-1 text-xs font-medium text-soft">{say("left.rest")}</p>
      <Exact text={read.rest} name={say("left.rest")} />
    </div>
  );
}

const ROLES = ["system", "user", "assistant", "tool"] as const;

function roleName(say: Words, role: string): string {
  const known = ROLES.find((name) => name === role);
  return known === undefined ? role : `${say(`left.role-${known}`)} (${role})`;
}

function Exact({ text, name }: { text: string; name: string }) {
  return (
    <pre
      tabIndex={0}
      role="region"
      aria-label={name}
      className="mt-2 max-h-80 overflow-auto rounded-m border border-line bg-ground p-3 font-mono text-[0.8125rem] break-all whitespace-pre-wrap"
    >
      {text}
    </pre>
  );
}

/** Says nothing where a browser can't count: outside of https and of this machine. */
function SumCheck({ body, expected, say }: { body: string; expected: string; say: Words }) {
  const [sum, setSum] = useState<string>();
  useEffect(() => {
    let wanted = true;
    sha256(body).then(
      (counted) => wanted && setSum(counted),
      () => {},
    );
    return () => void (wanted = false);
  }, [body]);
  if (sum === undefined) return null;
  const matches = sum === expected;
  return (
    <p className={`mt-2 flex items-start gap-1.5 text-s ${matches ? "text-soft" : "text-danger"}`}>
      <Icon name={matches ? "check" : "alert"} className={`mt-0.5 size-4 ${matches ? "text-accent" : ""}`} />
      {say(matches ? "left.matches" : "left.differs")}
    </p>
  );
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
