/**
 * What stands in a conversation? The messages of the branch that is looked at, then what is not sent yet. While it loads
 * its place is kept; when it can't be read, that is said in its place.
 */
import { Fragment } from "react";
import type { Message } from "#contract/wire.ts";
import type { Reading } from "../../api/chat.ts";
import type { ShownMessage } from "../../lib/chat-state.ts";
import type { UnsentMessage } from "../../lib/unsent.ts";
import { useWords } from "../../lib/say.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Ghost } from "../../ui/spinner.tsx";
import { Answer } from "./answer.tsx";
import { Question } from "./question.tsx";
import { UnsentQuestion } from "./unsent-question.tsx";

export type ThreadProps = {
  shown: readonly ShownMessage[];
  unsent: readonly UnsentMessage[];
  free: boolean;
  onTurn: (messageId: string) => void;
  onEdit: (message: Message, text: string) => void;
  onResend: (message: UnsentMessage) => void;
  onTakeBack: (message: UnsentMessage) => void;
};

/** From here on, messages out of view are laid out only when they come near. */
const LONG_THREAD = 60;

export function Thread({ shown, unsent, free, onTurn, onEdit, onResend, onTakeBack }: ThreadProps) {
  const placing = shown.length > LONG_THREAD ? "[&>article]:[content-visibility:auto] [&>article]:[contain-intrinsic-size:auto_16rem]" : "";
  return (
    <div className={`mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 pt-6 pb-8 sm:px-6 ${placing}`}>
      {shown.map(({ message, step }) =>
        message.role === "user" ? (
          <Question key={message.id} message={message} step={step} mayEdit={free} onTurn={onTurn} onEdit={onEdit} />
        ) : (
          <Answer key={message.id} message={message} step={step} mayAsk={free} onTurn={onTurn} />
        ),
      )}
      {unsent.map((message) => (
        <UnsentQuestion key={message.id} message={message} onResend={() => onResend(message)} onTakeBack={() => onTakeBack(message)} />
      ))}
    </div>
  );
}

export function ThreadGhost() {
  const say = useWords();
  return (
    <div role="status" className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 pt-6 sm:px-6">
      <span className="sr-only">{say("loading")}</span>
      {[0, 1].map((turn) => (
        <Fragment key={turn}>
          <Ghost className="h-11 w-3/5 self-end rounded-card" />
          <div className="flex flex-col gap-3">
            <Ghost className="h-4 w-28" />
            <Ghost className="h-4 w-full" />
            <Ghost className="h-4 w-11/12" />
            <Ghost className="h-4 w-2/3" />
          </div>
        </Fragment>
      ))}
    </div>
  );
}

/** In the place of the message box: nothing can be said in a conversation that is on its way out. */
export function DeletedThread({ onRestore }: { onRestore: () => void }) {
  const say = useWords();
  return (
    <div className="mx-auto w-full max-w-3xl px-4 pb-5 sm:px-6">
      <Notice icon="trash" title={say("chat.deleted")} actions={<Button onClick={onRestore}>{say("chat.restore")}</Button>} />
    </div>
  );
}

export function ThreadTrouble({ reading, onRetry, onNew }: { reading: Reading; onRetry: () => void; onNew: () => void }) {
  const say = useWords();
  const missing = reading === "missing";
  const problem = typeof reading === "object" ? reading.problem : undefined;
  return (
    <div role="alert" className="mx-auto w-full max-w-xl px-4 pt-16 sm:px-6">
      <Notice
        tone={missing ? "plain" : "danger"}
        title={say(missing ? "chat.missing.title" : "chat.failed")}
        actions={
          <Button tone="plain" onClick={missing ? onNew : onRetry}>
            {say(missing ? "list.new" : "try-again")}
          </Button>
        }
      >
        {missing ? say("chat.missing.detail") : problem?.detail}
      </Notice>
    </div>
  );
}
