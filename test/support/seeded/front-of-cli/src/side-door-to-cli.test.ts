import { inner } from "#src/cli/inner.ts";

export const reached = inner;
