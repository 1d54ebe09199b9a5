/** Who is signed in on this page, and where do its parts get the conversations from? */
import { createContext, use, useSyncExternalStore } from "react";
import type { Account, ModelChoice } from "#contract/wire.ts";
import type { ChatClient, ChatView } from "../../api/chat.ts";
import { chosenModel, useModels } from "../../api/queries.ts";
import { remember, useRemembered } from "../../lib/remembered.ts";

export type Session = { account: Account; client: ChatClient };

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error("a part of the page was put outside of the session");
  return session;
}

/** A part of what the client knows. `select` must hand out what is there, not something new each time. */
export function useChat<Part>(select: (view: ChatView) => Part): Part {
  const { client } = useSession();
  return useSyncExternalStore(client.subscribe, () => select(client.view()));
}

/** The model that the next message goes to, and how to choose another; undefined while none is known. */
export function useChosenModel(): {
  models: readonly ModelChoice[] | undefined;
  model: ModelChoice | undefined;
  choose: (id: string) => void;
} {
  const { account } = useSession();
  const { data: models } = useModels();
  const key = `holdfast.model.${account.id}`;
  const chosen = useRemembered(key);
  const model = models === undefined ? undefined : chosenModel(models, chosen);
  return { models, model, choose: (id) => remember(key, models?.some((one) => one.id === id && one.isDefault) === true ? null : id) };
}

export function draftKey(accountId: string, conversationId: string | null): string {
  return `holdfast.draft.${accountId}.${conversationId ?? "new"}`;
}
