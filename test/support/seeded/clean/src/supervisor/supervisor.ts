export const supervisor = "supervisor";
