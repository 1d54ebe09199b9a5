/**
 * How is an answer shown, from the first moment of waiting to its end, whatever that is? An answer that was stopped,
 * broke off, was cut short or failed is marked as such and offers to be given again. Under it stands what left this machine.
 */
import { memo } from "react";
import type { Message, ModelChoice } from "#contract/wire.ts";
import { problemOf } from "../../api/http.ts";
import type { Step } from "../../lib/branch.ts";
import { useProblemWords, useWords } from "../../lib/say.ts";
import { useLasting } from "../../lib/use-lasting.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Markdown } from "../../ui/markdown.tsx";
import { Menu, MenuGroup, MenuItem } from "../../ui/menu.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { toast } from "../../ui/toast.tsx";
import { WhatLeft } from "../../ui/what-left.tsx";
import { BranchSwitch } from "./branch-switch.tsx";
import { CopyWords } from "./copy-words.tsx";
import { whereWords } from "./model-picker.tsx";
import { Reasoning } from "./reasoning.tsx";
import { useChat, useChosenModel, useSession } from "./session.ts";

const SLOW_MS = 8_000;

export type AnswerProps = {
  message: Message;
  step: Step;
  /** False while another answer of this conversation is written. */
  mayAsk: boolean;
  onTurn: (messageId: string) => void;
};

export const Answer = memo(function Answer({ message, step, mayAsk, onTurn }: AnswerProps) {
  const say = useWords();
  const running = message.state === "running";
  return (
    <article className="flex flex-col" aria-busy={running}>
      <h2 className="mb-1.5 text-s font-semibold text-soft">
        <span className="sr-only">{say("chat.answered", { model: message.modelName ?? say("chat.assistant") })}</span>
        <span aria-hidden="true">{message.modelName ?? say("chat.assistant")}</span>
      </h2>
      {message.reasoning.trim() !== "" && <Reasoning message={message} />}
      {message.text !== "" && <Markdown text={message.text} streaming={running} />}
      {running && message.text === "" && <Waiting thinking={message.reasoning !== ""} />}
      {!running && <Ending message={message} />}
      {!running && (
        <footer className="mt-2">
          <WhatLeft message={message} />
          <Actions message={message} step={step} mayAsk={mayAsk} onTurn={onTurn} />
        </footer>
      )}
    </article>
  );
});

export function Waiting({ thinking }: { thinking: boolean }) {
  const say = useWords();
  const slow = useLasting(!thinking, SLOW_MS);
  if (thinking) return null;
  return (
    <p className="flex min-h-7 items-start gap-3 text-soft" role="status">
      <Spinner className="mt-1.5" />
      <span>{say(slow ? "answer.slow" : "answer.waiting")}</span>
    </p>
  );
}

function Ending({ message }: { message: Message }) {
  const say = useWords();
  const problemWords = useProblemWords();
  const spaced = message.text === "" ? "" : "mt-3";
  switch (message.state) {
    case "running":
      return null;
    case "done":
      if (message.cutShort) return <p className={`${spaced} text-s text-soft`}>{say("answer.cut-short")}</p>;
      return message.text.trim() === "" ? <p className="text-soft italic">{say("answer.empty")}</p> : null;
    case "stopped":
      return (
        <div className={spaced}>
          <Notice icon="stop">{say("answer.stopped")}</Notice>
        </div>
      );
    case "interrupted":
      return (
        <div className={spaced}>
          <Notice tone="warn">{say("answer.interrupted")}</Notice>
        </div>
      );
    case "failed": {
      const { title, detail } = problemWords(message.problemCode);
      return (
        <div className={spaced}>
          <Notice tone="danger" title={title}>
            {detail}
          </Notice>
        </div>
      );
    }
  }
}

function Actions({ message, step, mayAsk, onTurn }: AnswerProps) {
  const say = useWords();
  const { client } = useSession();
  const { models = [] } = useChosenModel();
  const busy = useChat((view) => view.busy.has(message.id));
  const may = mayAsk && !busy;
  const again = (modelId: string | null) => {
    if (!may) return;
    client
      .regenerate(message.conversationId, message.id, modelId)
      .catch((error: unknown) => toast({ tone: "danger", text: problemOf(error).detail }));
  };
  // beside the switch between versions a narrow phone has no room for words: all stays in one row
  const words = step.siblings.length > 1 ? "max-[26rem]:sr-only" : "";
  const sameModel = models.find(({ id }) => id === message.modelId)?.id ?? null;
  return (
    <div role="group" aria-label={say("answer.actions")} className="-ms-2 mt-0.5 flex flex-wrap items-center gap-x-1">
      <BranchSwitch step={step} of="answer" onTurn={onTurn} />
      {message.text !== "" && <CopyWords text={message.text} className={words} />}
      <Button tone="quiet" size="small" aria-disabled={!may} onClick={() => again(sameModel)}>
        {busy ? <Spinner className="scale-75" /> : <Icon name="again" className="size-4" />}
        <span className={words}>{say("answer.again")}</span>
      </Button>
      {models.length > 1 && <AgainWith models={models} messageModelId={message.modelId} may={may} onChoose={again} />}
    </div>
  );
}

type AgainWithProps = { models: readonly ModelChoice[]; messageModelId: string | null; may: boolean; onChoose: (modelId: string) => void };

function AgainWith({ models, messageModelId, may, onChoose }: AgainWithProps) {
  const say = useWords();
  return (
    <Menu
      label={say("answer.again-with")}
      trigger={(props) => (
        <Button
          {...props}
          tone="quiet"
          size="small"
          className="px-1.5 pointer-coarse:min-w-target"
          aria-label={say("answer.again-with")}
          aria-disabled={!may}
          onClick={() => may && props.onClick()}
        >
          <Icon name="down" className="size-4" />
        </Button>
      )}
    >
      <MenuGroup label={say("answer.again-with")}>
        {models.map((model) => (
          <MenuItem key={model.id} checked={model.id === messageModelId} note={whereWords(say, model)} onSelect={() => onChoose(model.id)}>
            {model.name}
          </MenuItem>
        ))}
      </MenuGroup>
    </Menu>
  );
}
