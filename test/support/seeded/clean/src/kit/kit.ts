export const kit = "kit";
