export async function later(): Promise<void> {}
