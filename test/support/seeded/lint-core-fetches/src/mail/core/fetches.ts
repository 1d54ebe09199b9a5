export const load = (): Promise<unknown> => fetch("https://example.org");
