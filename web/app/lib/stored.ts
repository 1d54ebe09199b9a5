/**
 * What does this browser remember? Strings in localStorage under names that begin with "holdfast."; where a browser
 * forbids or has no room for it, the app goes on without remembering.
 */

export function readStored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** False: it was not kept. */
export function writeStored(key: string, value: string | null): boolean {
  try {
    if (value === null || value === "") localStorage.removeItem(key);
    else localStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

/** Forgets everything whose name begins with `prefix`. */
export function forgetStored(prefix: string): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  } catch {
    return;
  }
}
