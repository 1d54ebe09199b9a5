import { back } from "./back.ts";

export const there = (): string => back();
