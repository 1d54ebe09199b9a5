import { inner } from "#src/mail/inner.ts";

export const reached = inner;
