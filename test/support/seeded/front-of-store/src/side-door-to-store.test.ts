import { inner } from "#src/store/inner.ts";

export const reached = inner;
