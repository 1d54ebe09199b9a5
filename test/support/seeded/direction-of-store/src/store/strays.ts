import { egress } from "#src/egress/egress.ts";

export const reached = egress;
