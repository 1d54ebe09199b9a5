import { kit } from "#kit/kit.ts";

export const manager = kit;
