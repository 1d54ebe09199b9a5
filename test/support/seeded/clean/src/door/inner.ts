export const inner = "inside of door";
