export const inner = "inside of http";
