import { inner } from "#src/door/inner.ts";

export const reached = inner;
