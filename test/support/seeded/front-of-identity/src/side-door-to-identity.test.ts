import { inner } from "#src/identity/inner.ts";

export const reached = inner;
