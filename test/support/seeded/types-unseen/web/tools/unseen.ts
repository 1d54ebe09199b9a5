export const unseen = true;
