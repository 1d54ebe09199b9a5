export const inner = "inside of assistant";
