export const inner = "inside of cli";
