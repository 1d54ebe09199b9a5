let fixed = 1;
export const two = fixed + 1;
