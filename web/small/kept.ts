/** Where was this tab in its sign-up before it was loaded again? Kept by the browser until the tab is closed; never a password. */
import type { PlaceAnswer } from "#contract/wire.ts";
import { way } from "./page.ts";

/** `code` is what was typed of it; `sentAt` is when the letter was ordered (ms since 1970). */
export type Coding = { address: string; envelope: string; sentAt: number; code?: string };
export type Kept = ({ address: string } & Pick<PlaceAnswer, "place" | "effort">) | Coding;
const KEY = `holdfast${way}`;

// a browser that keeps nothing loses its place on a reload, and nothing else

export function keep(kept: Kept): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {}
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {}
}

export function recall(): Kept | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Kept | null) ?? undefined;
  } catch {
    return undefined;
  }
}
