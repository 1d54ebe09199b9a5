export const inner = "inside of supervisor";
