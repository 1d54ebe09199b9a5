import { inner } from "#src/admission/inner.ts";

export const reached = inner;
