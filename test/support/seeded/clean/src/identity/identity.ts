export const identity = "identity";
