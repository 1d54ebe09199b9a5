export const admission = "admission";
