import { inner } from "#src/operator/inner.ts";

export const reached = inner;
