export const inner = "inside of store";
