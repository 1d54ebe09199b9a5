import { kit } from "#kit/kit.ts";

export const contract = `${kit} and contract`;
