import { line } from "#src/line/line.ts";

export const reached = line;
