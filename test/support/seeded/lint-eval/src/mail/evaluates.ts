export const result: unknown = eval("1 + 1");
