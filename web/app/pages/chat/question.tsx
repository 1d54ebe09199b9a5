/** How is what a person wrote shown and changed? Changing it makes a version beside the first one; nothing is overwritten. */
import { memo, useLayoutEffect, useRef, useState } from "react";
import type { Message } from "#contract/wire.ts";
import type { Step } from "../../lib/branch.ts";
import { readDraft, useDraft, writeDraft } from "../../lib/drafts.ts";
import { useWords } from "../../lib/say.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { BranchSwitch } from "./branch-switch.tsx";
import { CopyWords } from "./copy-words.tsx";
import { useSession } from "./session.ts";

export type QuestionProps = {
  message: Message;
  step: Step;
  /** False while an answer is written: then nothing new can be sent. */
  mayEdit: boolean;
  onTurn: (messageId: string) => void;
  onEdit: (message: Message, text: string) => void;
};

export const Question = memo(function Question({ message, step, mayEdit, onTurn, onEdit }: QuestionProps) {
  const say = useWords();
  const { account } = useSession();
  const key = `holdfast.edit.${account.id}.${message.id}`;
  const [editing, setEditing] = useState(() => readDraft(key) !== "");
  const editButton = useRef<HTMLButtonElement>(null);
  const leave = () => {
    writeDraft(key, "");
    setEditing(false);
    requestAnimationFrame(() => editButton.current?.focus());
  };
  return (
    <article className="group flex flex-col items-end">
      <h2 className="sr-only">{say("chat.you-wrote")}</h2>
      {editing ? (
        <EditForm
          draftKey={key}
          original={message.text}
          onCancel={leave}
          maySend={mayEdit}
          onSend={(text) => {
            leave();
            onEdit(message, text);
          }}
        />
      ) : (
        <>
          <Bubble text={message.text} />
          <div className="mt-0.5 flex min-h-8 flex-wrap items-center justify-end gap-x-1 pointer-coarse:min-h-target pointer-fine:-mb-4">
            <span className="flex opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
              <CopyWords text={message.text} />
              <Button
                ref={editButton}
                tone="quiet"
                size="small"
                aria-disabled={!mayEdit}
                onClick={() => {
                  if (!mayEdit) return;
                  writeDraft(key, message.text);
                  setEditing(true);
                }}
              >
                <Icon name="edit" className="size-4" />
                {say("question.edit")}
              </Button>
            </span>
            <BranchSwitch step={step} of="question" onTurn={onTurn} />
          </div>
        </>
      )}
    </article>
  );
});

export function Bubble({ text, faint = false }: { text: string; faint?: boolean }) {
  return (
    <div
      className={`max-w-[min(38rem,88%)] rounded-card rounded-ee-chip bg-accent-soft px-4 py-2.5 break-words whitespace-pre-wrap text-ink ${faint ? "opacity-80" : ""}`}
    >
      {text}
    </div>
  );
}

type EditFormProps = { draftKey: string; original: string; maySend: boolean; onCancel: () => void; onSend: (text: string) => void };

function EditForm({ draftKey, original, maySend, onCancel, onSend }: EditFormProps) {
  const say = useWords();
  const [text, setText] = useDraft(draftKey);
  const box = useRef<HTMLTextAreaElement>(null);
  const unchanged = text.trim() === "" || text === original;
  const send = () => {
    if (!unchanged && maySend) onSend(text);
  };
  useLayoutEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(box.current.value.length, box.current.value.length);
  }, []);
  useLayoutEffect(() => {
    if (box.current === null) return;
    box.current.style.height = "auto";
    box.current.style.height = `${box.current.scrollHeight}px`;
  }, [text]);
  return (
    <form
      className="w-full rounded-card border border-field bg-raised p-2 focus-within:border-accent focus-within:ring-1 focus-within:ring-accent"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        rows={1}
        value={text}
        aria-label={say("question.edit-label")}
        className="block max-h-[50dvh] w-full resize-none overflow-y-auto bg-transparent px-2 py-1 outline-none focus-visible:outline-none"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
          event.preventDefault();
          send();
        }}
      />
      <p className="px-2 py-1 text-s text-soft">{say("question.edit-hint")}</p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button tone="quiet" onClick={onCancel}>
          {say("cancel")}
        </Button>
        <Button tone="main" type="submit" aria-disabled={unchanged || !maySend}>
          {say("question.send-edit")}
        </Button>
      </div>
    </form>
  );
}
