import { identity } from "#src/identity/identity.ts";

export const reached = identity;
