import { inner } from "#src/line/inner.ts";

export const reached = inner;
