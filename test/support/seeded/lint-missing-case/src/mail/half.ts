export function word(kind: "open" | "shut"): string {
  switch (kind) {
    case "open":
      return "open";
  }
  return "";
}
