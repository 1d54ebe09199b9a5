import { there } from "./there.ts";

export const back = (): string => there();
