/** What stands beside the chat? A new chat, the conversations by day, and the account. On a phone it is a drawer. */
import { useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import type { Conversation, TimeMs } from "#contract/wire.ts";
import { listed } from "../../lib/chat-state.ts";
import { monthText } from "../../lib/dates.ts";
import { groupByDay, groupKey, type DayGroup } from "../../lib/day-groups.ts";
import { useLanguage, useWords } from "../../lib/say.ts";
import { useNow } from "../../lib/use-now.ts";
import { Brand } from "../../ui/brand.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Ghost } from "../../ui/spinner.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { ConversationItem } from "./conversation-item.tsx";
import { useChat, useSession } from "./session.ts";

export type SidebarProps = {
  /** The conversation that is looked at. */
  currentId: string | null;
  onHide: () => void;
  /** It lies over the page and is closed, not hidden. */
  drawer: boolean;
  /** Somebody chose something: a drawer closes then. */
  onChosen: () => void;
  onShowKeys: () => void;
};

export function Sidebar({ currentId, onHide, drawer, onChosen, onShowKeys }: SidebarProps) {
  const say = useWords();
  const [, go] = useLocation();
  // whoever has opened another one since stays there
  const openAgain = (id: string) => location.pathname === "/chat" && go(`/chat/${id}`);
  return (
    <div className="flex h-full flex-col">
      <div className="flex items-center gap-2.5 py-2 ps-4 pe-2">
        <Brand />
        <span className="flex-1 font-semibold tracking-[var(--hf-tight)]">Holdfast</span>
        <Button tone="quiet" size="icon" aria-label={say("list.hide")} onClick={onHide}>
          <Icon name={drawer ? "close" : "sidebar"} />
        </Button>
      </div>
      <div className="px-3 pb-2">
        <Link
          href="/chat"
          className={`${buttonClass("plain")} w-full justify-start bg-surface px-3 text-s`}
          aria-current={currentId === null ? "page" : undefined}
          onClick={onChosen}
        >
          <Icon name="plus" />
          {say("list.new")}
        </Link>
      </div>
      <nav aria-label={say("list.label")} className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        <Conversations currentId={currentId} onChosen={onChosen} onGone={() => go("/chat")} onBack={openAgain} />
      </nav>
      <div className="border-t border-line p-2">
        <AccountMenu onShowKeys={onShowKeys} onChosen={onChosen} />
      </div>
    </div>
  );
}

type ConversationsProps = { currentId: string | null; onChosen: () => void; onGone: () => void; onBack: (id: string) => void };

function Conversations({ currentId, onChosen, onGone, onBack }: ConversationsProps) {
  const say = useWords();
  const { client } = useSession();
  const conversations = useChat((view) => view.chat.conversations);
  const list = useChat((view) => view.list);
  const items = listed({ conversations, threads: new Map(), seq: 0 });
  const groups = groupByDay(items, ({ updatedAt }: Conversation) => updatedAt, useNow());
  const headingOf = useGroupHeading();

  if (items.length === 0 && list.state === "reading") return <ListGhost />;
  return (
    <>
      {items.length === 0 && list.state === "ready" && <p className="px-2 py-3 text-s text-soft">{say("list.empty")}</p>}
      {groups.map(({ group, items: members }) => (
        <section key={groupKey(group)} aria-label={headingOf(group)} className="pt-3">
          <h2 className="px-2 pb-1 text-xs font-medium text-soft">{headingOf(group)}</h2>
          <ul className="flex flex-col gap-px">
            {members.map((conversation) => (
              <ConversationItem
                key={conversation.id}
                conversation={conversation}
                current={conversation.id === currentId}
                onChosen={onChosen}
                onGone={onGone}
                onBack={() => onBack(conversation.id)}
              />
            ))}
          </ul>
        </section>
      ))}
      {typeof list.state === "object" && (
        <div role="alert" className="px-2 py-3 text-s text-danger">
          {say("list.failed")}{" "}
          <Button size="small" className="mt-2" onClick={() => void (list.nextCursor === null ? client.readList() : client.readMore())}>
            {say("try-again")}
          </Button>
        </div>
      )}
      {list.nextCursor !== null && typeof list.state === "string" && (
        <More reading={list.state === "reading"} onMore={() => void client.readMore()} />
      )}
    </>
  );
}

/** Older ones are fetched as soon as the end of the list comes into view; the button is for whoever has no view. */
function More({ reading, onMore }: { reading: boolean; onMore: () => void }) {
  const say = useWords();
  const ref = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const button = ref.current;
    if (button === null || reading) return;
    const watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onMore(), { rootMargin: "200px" });
    watch.observe(button);
    return () => watch.disconnect();
  }, [reading, onMore]);
  return (
    <Button
      ref={ref}
      tone="quiet"
      size="small"
      className="mt-2 min-h-target w-full"
      aria-disabled={reading}
      onClick={() => !reading && onMore()}
    >
      {say(reading ? "loading" : "list.more")}
    </Button>
  );
}

function ListGhost() {
  const say = useWords();
  return (
    <div role="status" className="pt-3">
      <span className="sr-only">{say("loading")}</span>
      <Ghost className="mx-2 mb-2 h-3 w-16" />
      {[80, 64, 90, 56, 72].map((width) => (
        <div key={width} className="flex h-10 items-center px-2 pointer-coarse:h-target">
          <svg className="h-3.5 w-full" aria-hidden="true">
            <rect width={`${width}%`} height="100%" rx="4" className="animate-[hf-breathe_1.6s_ease-in-out_infinite] fill-ink/8" />
          </svg>
        </div>
      ))}
    </div>
  );
}

function useGroupHeading(): (group: DayGroup) => string {
  const say = useWords();
  const language = useLanguage();
  return (group) => {
    if (typeof group === "string") return say(`list.${group}`);
    const at: TimeMs = new Date(group.year, group.month, 1).getTime();
    return monthText(language, at);
  };
}
