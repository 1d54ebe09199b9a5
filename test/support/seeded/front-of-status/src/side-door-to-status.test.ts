import { inner } from "#src/status/inner.ts";

export const reached = inner;
