import { gone } from "./gone.ts";

export const reached: unknown = gone;
