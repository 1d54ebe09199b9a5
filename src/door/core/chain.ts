/** Who has been here the longest? A chain in order of arrival, from which anybody can step out; each step costs the same, however long it is. */

export type Link<Item> = { item: Item | null; before: Link<Item>; after: Link<Item> };

/** A link by itself; with `null` the two ends of an empty chain. */
export function newLink<Item>(item: Item | null): Link<Item> {
  const link = { item } as Link<Item>;
  link.before = link;
  link.after = link;
  return link;
}

/** Steps out of where it is, and in again as the youngest of `chain`. */
export function append<Item>(chain: Link<Item>, link: Link<Item>): void {
  detach(link);
  link.before = chain.before;
  link.after = chain;
  chain.before.after = link;
  chain.before = link;
}

export function detach<Item>(link: Link<Item>): void {
  link.before.after = link.after;
  link.after.before = link.before;
  link.before = link;
  link.after = link;
}

/** From the oldest on, the first that `fits`. */
export function findOldest<Item>(chain: Link<Item>, fits: (item: Item) => boolean = () => true): Item | undefined {
  for (let link = chain.after; link.item !== null; link = link.after) if (fits(link.item)) return link.item;
  return undefined;
}
