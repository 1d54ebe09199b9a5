/**
 * How does a person write? One box that grows, keeps every draft, sends with Enter (not while an input method is
 * composing) and says where the words will go. While an answer is written, the same place stops it.
 */
import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type KeyboardEvent, type Ref } from "react";
import type { Message } from "#contract/wire.ts";
import { useDraft } from "../../lib/drafts.ts";
import { useWords } from "../../lib/say.ts";
import { useMedia } from "../../lib/use-media.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { toast } from "../../ui/toast.tsx";
import { problemOf } from "../../api/http.ts";
import { ModelPicker } from "./model-picker.tsx";
import { useChat, useChosenModel, useSession } from "./session.ts";

export type ComposerHandle = { focus: () => void };
export type ComposerProps = {
  draftKey: string;
  /** The answer that is being written in this conversation, if any. */
  running: Message | undefined;
  /** A message of this conversation is on its way. */
  sending: boolean;
  onSend: (text: string) => void;
  ref?: Ref<ComposerHandle>;
};

export function Composer({ draftKey, running, sending, onSend, ref }: ComposerProps) {
  const say = useWords();
  const { client } = useSession();
  const { model } = useChosenModel();
  const [text, setText] = useDraft(draftKey);
  const [heldBackBy, setHeldBackBy] = useState<string | null>(null);
  const stopping = useChat((view) => running !== undefined && view.busy.has(running.id));
  const box = useRef<HTMLTextAreaElement>(null);
  const fingers = useMedia("(pointer: coarse)");
  /** What must end first, by name: the notice goes when it has. */
  const occupier = running?.id ?? (sending ? "sending" : null);
  const empty = text.trim() === "";

  useImperativeHandle(ref, () => ({ focus: () => box.current?.focus() }), []);
  // a keyboard that pops up unasked hides half a phone's page
  useEffect(() => {
    if (!fingers) box.current?.focus({ preventScroll: true });
  }, [draftKey, fingers]);
  useLayoutEffect(() => grow(box.current), [text, draftKey]);

  const submit = () => {
    if (empty) return;
    if (occupier !== null) {
      setHeldBackBy(occupier);
      return;
    }
    onSend(text);
    setText("");
  };
  const stop = () => {
    if (running !== undefined) client.stop(running.id).catch((error: unknown) => toast({ tone: "danger", text: problemOf(error).detail }));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // 229: some browsers report the Enter that ends a composition after it has ended
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  };

  return (
    <form
      className="relative mx-auto w-full max-w-3xl px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6 sm:pb-5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <p role="status" className="min-h-0 px-2 text-s text-soft">
        {occupier !== null && heldBackBy === occupier && (
          <span className="block pb-2">{say(running === undefined ? "composer.unsent" : "composer.running")}</span>
        )}
      </p>
      <div className="rounded-card border border-field bg-raised shadow-raised transition-colors focus-within:border-accent focus-within:ring-1 focus-within:ring-accent">
        <textarea
          ref={box}
          rows={1}
          value={text}
          aria-label={say("composer.label")}
          aria-describedby="composer-hint"
          placeholder={say(model?.provider === "guide" ? "composer.placeholder-guide" : "composer.placeholder")}
          enterKeyHint="send"
          className="block max-h-[38dvh] w-full resize-none overflow-y-auto bg-transparent px-4 pt-3.5 pb-1 text-m text-ink outline-none placeholder:text-soft focus-visible:outline-none"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <p id="composer-hint" className="sr-only">
          {say("composer.hint")}
        </p>
        <div className="flex items-center gap-1 p-1.5 sm:gap-2">
          <ModelPicker />
          {running !== undefined ? (
            <Button tone="plain" className="ms-auto shrink-0" onClick={stop} aria-disabled={stopping}>
              <Icon name="stop" />
              {say(stopping ? "composer.stopping" : "composer.stop")}
            </Button>
          ) : (
            <Button tone="main" type="submit" className="ms-auto shrink-0 px-3.5" aria-disabled={empty || sending}>
              <Icon name="send" className="max-sm:hidden" />
              {say("composer.send")}
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

/** As high as the text; the style sheet says how high at most. */
function grow(box: HTMLTextAreaElement | null): void {
  if (box === null) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}
