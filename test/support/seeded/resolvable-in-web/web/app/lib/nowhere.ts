import { gone } from "#elsewhere/gone.ts";

export const reached: unknown = gone;
