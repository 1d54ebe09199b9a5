export const inner = "inside of operator";
