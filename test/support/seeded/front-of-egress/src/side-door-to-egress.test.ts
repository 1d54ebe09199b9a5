import { inner } from "#src/egress/inner.ts";

export const reached = inner;
