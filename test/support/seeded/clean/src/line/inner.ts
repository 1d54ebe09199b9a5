export const inner = "inside of line";
