export const age = (bornAt: number): number => Date.now() - bornAt;
