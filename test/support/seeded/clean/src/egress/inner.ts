export const inner = "inside of egress";
