const length: string = "inside of mail".length;
export const inner = `inside of mail ${length}`;
