/** Which messages make up one branch of a conversation? Messages are a tree by parent; editing and regenerating branch. Pure. */

export type Node = { id: string; parentId: string | null };

/** The messages from the root to `leafId`, in order. Empty when the leaf is unknown. */
export function branchTo<Message extends Node>(messages: readonly Message[], leafId: string | null): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const branch: Message[] = [];
  let at = leafId === null ? undefined : byId.get(leafId);
  while (at !== undefined && branch.length <= messages.length) {
    branch.push(at);
    at = at.parentId === null ? undefined : byId.get(at.parentId);
  }
  return branch.toReversed();
}
