export function say(words: string): void {
  console.log(words);
}
