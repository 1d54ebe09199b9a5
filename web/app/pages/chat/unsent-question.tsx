/** What about a message that the server does not have yet? It stands where it belongs, says why, and is never lost. */
import type { UnsentMessage } from "../../lib/unsent.ts";
import { useWords } from "../../lib/say.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { Waiting } from "./answer.tsx";
import { Bubble } from "./question.tsx";

export function UnsentQuestion({
  message,
  onResend,
  onTakeBack,
}: {
  message: UnsentMessage;
  onResend: () => void;
  onTakeBack: () => void;
}) {
  const say = useWords();
  const { state, problem } = message;
  return (
    <>
      <article className="flex flex-col items-end">
        <h2 className="sr-only">{say("chat.you-wrote")}</h2>
        <Bubble text={message.text} faint={state !== "sending"} />
        {state === "waiting" && (
          <p role="status" className="mt-1 flex min-h-8 max-w-[88%] items-start gap-2 text-s text-warn">
            <Spinner className="mt-0.5 scale-75" />
            {say("question.waits")}
          </p>
        )}
        {(state === "failed" || state === "left-over") && (
          <div role="alert" className="mt-2 w-full max-w-[min(38rem,88%)]">
            <Notice
              tone={state === "failed" ? "danger" : "warn"}
              title={state === "failed" ? `${say("question.failed")} ${problem?.title ?? ""}` : say("question.left-over")}
              actions={
                <>
                  <Button tone="plain" onClick={onResend}>
                    {say("question.send-again")}
                  </Button>
                  <Button tone="quiet" onClick={onTakeBack}>
                    {say("question.edit")}
                  </Button>
                </>
              }
            >
              {problem !== null && <>{problem.errors?.map(({ sentence }) => sentence).join(" ") ?? problem.detail}</>}
            </Notice>
          </div>
        )}
      </article>
      {state === "sending" && <Waiting thinking={false} />}
    </>
  );
}
