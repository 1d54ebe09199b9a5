import { inner } from "#src/assistant/inner.ts";

export const reached = inner;
