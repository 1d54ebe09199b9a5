export const assistant = "assistant";
