import { useState } from "react";

export function Half({ on }: { on: boolean }) {
  if (!on) return null;
  const [words] = useState("on");
  return <p>{words}</p>;
}
