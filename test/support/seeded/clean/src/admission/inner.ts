export const inner = "inside of admission";
