/** How are many small writes made with few statements? Those that come while one runs go together with the next one. */

/** `write` resolves for each item when the statement that it went with is done, and rejects when that failed. */
export function gathering<Item>(write: (items: Item[]) => Promise<void>) {
  let next: { items: Item[]; written: Promise<void> } | undefined;
  let running = Promise.resolve();
  return {
    write(item: Item): Promise<void> {
      if (next === undefined) {
        const items: Item[] = [];
        const written = running.then(() => {
          next = undefined;
          return write(items);
        });
        next = { items, written };
        running = written.catch(() => {});
      }
      next.items.push(item);
      return next.written;
    },
  };
}
