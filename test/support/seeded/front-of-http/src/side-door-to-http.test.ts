import { inner } from "#src/http/inner.ts";

export const reached = inner;
