import { contract } from "#src/contract/contract.ts";

export const reached = contract;
