import fc from "fast-check";

export const tried = fc.boolean();
