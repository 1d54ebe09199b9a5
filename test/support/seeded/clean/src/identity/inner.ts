export const inner = "inside of identity";
