const sides: number = "inside of mail".length;
export const inner = sides == 0 ? "outside" : "inside of mail";
