import { store } from "#src/store/store.ts";

export const reached = store;
