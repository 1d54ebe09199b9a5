import { inner } from "#src/supervisor/inner.ts";

export const reached = inner;
