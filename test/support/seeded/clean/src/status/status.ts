export const status = "status";
