export const operator = "operator";
