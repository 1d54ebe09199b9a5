export function stop(): never {
  throw new Error("stop");
}
