export type Unused = { left: number };
export const shape = 1;
