export const inner = "inside of status";
