/** What can be done with a conversation in the list? Open it, rename it where it stands, delete it with a way back. */
import { useRef, useState } from "react";
import { Link } from "wouter";
import type { Conversation } from "#contract/wire.ts";
import { problemOf } from "../../api/http.ts";
import { useWords } from "../../lib/say.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu, MenuItem } from "../../ui/menu.tsx";
import { toast } from "../../ui/toast.tsx";
import { useSession } from "./session.ts";

export type ConversationItemProps = {
  conversation: Conversation;
  current: boolean;
  onChosen: () => void;
  /** The one that is looked at was deleted. */
  onGone: () => void;
  /** It was brought back. */
  onBack: () => void;
};

export function ConversationItem({ conversation, current, onChosen, onGone, onBack }: ConversationItemProps) {
  const say = useWords();
  const { client } = useSession();
  const [renaming, setRenaming] = useState(false);
  const row = useRef<HTMLLIElement>(null);
  const title = conversation.title === "" ? say("list.untitled") : conversation.title;
  const failed = (error: unknown) => toast({ tone: "danger", text: problemOf(error).detail });

  const remove = () => {
    // the focus goes on to a neighbour, or it would begin at the top of the page again
    const neighbour = row.current?.nextElementSibling ?? row.current?.previousElementSibling;
    requestAnimationFrame(() => neighbour?.querySelector("a")?.focus());
    if (current) onGone();
    client.remove(conversation.id).then(
      () =>
        toast({
          text: say("list.deleted", { title }),
          action: {
            label: say("list.undo"),
            run: () => {
              client.restore(conversation.id).then(() => {
                if (current) onBack();
                toast({ text: say("list.restored", { title }) });
              }, failed);
            },
          },
        }),
      failed,
    );
  };

  if (renaming) {
    return (
      <li ref={row}>
        <RenameForm
          title={conversation.title}
          onDone={(next, byKey) => {
            setRenaming(false);
            if (byKey) requestAnimationFrame(() => row.current?.querySelector("a")?.focus());
            if (next !== null) client.rename(conversation.id, next).catch(failed);
          }}
        />
      </li>
    );
  }
  return (
    <li ref={row} className={`group relative flex items-center rounded-chip ${current ? "bg-ink/8" : "hover:bg-ink/5"}`}>
      <Link
        href={`/chat/${conversation.id}`}
        aria-current={current ? "page" : undefined}
        className={`flex min-h-10 min-w-0 flex-1 items-center rounded-chip ps-2 text-s pointer-coarse:min-h-target ${current ? "font-medium" : ""}`}
        onClick={onChosen}
      >
        <span className="truncate" title={title}>
          {title}
        </span>
      </Link>
      <Menu
        label={say("list.actions", { title })}
        align="end"
        trigger={(props) => (
          <Button
            {...props}
            tone="quiet"
            size="small"
            aria-label={say("list.actions", { title })}
            className="h-10 w-9 shrink-0 px-0 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 aria-expanded:opacity-100 pointer-coarse:w-target pointer-coarse:opacity-100"
          >
            <Icon name="more" />
          </Button>
        )}
      >
        <MenuItem icon={<Icon name="edit" />} onSelect={() => setRenaming(true)}>
          {say("list.rename")}
        </MenuItem>
        <MenuItem icon={<Icon name="trash" />} danger onSelect={remove}>
          {say("list.delete")}
        </MenuItem>
      </Menu>
    </li>
  );
}

/** Enter or leaving the field saves, Escape does not. */
function RenameForm({ title, onDone }: { title: string; onDone: (title: string | null, byKey: boolean) => void }) {
  const say = useWords();
  const [text, setText] = useState(title);
  const save = (byKey: boolean) => onDone(text.trim() === "" || text.trim() === title ? null : text.trim(), byKey);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save(true);
      }}
    >
      <input
        value={text}
        maxLength={200}
        aria-label={say("list.title-label")}
        className="min-h-10 w-full rounded-chip border border-accent bg-surface px-2 text-s text-ink pointer-coarse:min-h-target"
        ref={focusAndSelect}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => save(false)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          event.preventDefault();
          onDone(null, true);
        }}
      />
    </form>
  );
}

function focusAndSelect(input: HTMLInputElement | null): void {
  // after the menu has given the focus back to its button, which is gone by now
  requestAnimationFrame(() => {
    input?.focus();
    input?.select();
  });
}
