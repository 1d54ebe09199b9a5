async function send(): Promise<void> {}

export function letGo(): void {
  send();
}
