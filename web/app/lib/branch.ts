/**
 * Which branch of a conversation is looked at, and what other branches are there? Messages form a tree by parent;
 * a branch is the way from its first message to a leaf. Pure.
 */
import type { Message } from "#contract/wire.ts";

export type Node = Pick<Message, "id" | "parentId" | "role" | "createdAt">;

export type Step = {
  id: string;
  /** The alternatives at this place, oldest first, itself included. */
  siblings: readonly string[];
  /** Its own place among them, from 0. */
  place: number;
};

export type Tree = { readonly nodes: ReadonlyMap<string, Node>; readonly children: ReadonlyMap<string | null, readonly string[]> };

/** Puts messages in order: a message whose parent is not there is a first one. */
export function growTree(messages: Iterable<Node>): Tree {
  const nodes = new Map<string, Node>();
  for (const message of messages) nodes.set(message.id, message);
  const children = new Map<string | null, string[]>();
  for (const node of nodes.values()) {
    const parent = node.parentId !== null && nodes.has(node.parentId) ? node.parentId : null;
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [node.id]);
    else list.push(node.id);
  }
  const age = (id: string) => nodes.get(id)?.createdAt ?? 0;
  for (const list of children.values()) list.sort((a, b) => age(a) - age(b) || (a < b ? -1 : 1));
  return { nodes, children };
}

/** The branch through `leafId`, continued to its newest end. Without a known leaf: the newest branch. */
export function branchThrough(tree: Tree, leafId: string | null): Step[] {
  const start = leafId !== null && tree.nodes.has(leafId) ? leafId : newestOf(tree, null);
  if (start === undefined) return [];
  const ids: string[] = [];
  const seen = new Set<string>();
  for (let id: string | null = newestEnd(tree, start); id !== null && !seen.has(id); id = parentOf(tree, id)) {
    seen.add(id);
    ids.push(id);
  }
  return ids.reverse().map((id) => {
    const siblings = tree.children.get(parentOf(tree, id)) ?? [id];
    return { id, siblings, place: siblings.indexOf(id) };
  });
}

/** Follows the newest child down from `id`: where somebody arrives who switches to that branch. */
export function newestEnd(tree: Tree, id: string): string {
  const seen = new Set<string>([id]);
  for (let end = id; ;) {
    const next = newestOf(tree, end);
    if (next === undefined || seen.has(next)) return end;
    seen.add(next);
    end = next;
  }
}

function newestOf(tree: Tree, parent: string | null): string | undefined {
  return tree.children.get(parent)?.at(-1);
}

function parentOf(tree: Tree, id: string): string | null {
  const parent = tree.nodes.get(id)?.parentId ?? null;
  return parent !== null && tree.nodes.has(parent) ? parent : null;
}
