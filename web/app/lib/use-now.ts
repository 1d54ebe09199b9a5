/** What time is it, to the minute? For what changes with the calendar while a page stays open. */
import { useEffect, useState } from "react";
import type { TimeMs } from "#contract/wire.ts";

const MINUTE_MS = 60_000;

export function useNow(): TimeMs {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
