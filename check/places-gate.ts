/** Does each power stay in its place? Holds the files of a tree against the table in places.ts. */
import type { Finding, Gate } from "./gate.ts";
import { PLACES, type Place } from "./places.ts";
import { scanUses } from "./places-scan.ts";
import { filesBelow, PROJECT, readText } from "./tree.ts";

export const places: Gate = {
  name: "places",
  asks: "Does each power stay in its one place? (check/places.ts)",
  async look(root) {
    const files = filesBelow(root, ["src", "web", "bin", "bench", "drill"], /\.[cm]?[jt]sx?$/).filter(
      (path) => !/\.test\.tsx?$/.test(path),
    );
    const texts = new Map(files.map((path) => [path, readText(root, path)]));
    const findings = PLACES.flatMap((place) => holdAgainst(place, texts, root === PROJECT));
    return { files: files.length, findings };
  },
};

function holdAgainst(place: Place, texts: ReadonlyMap<string, string>, wholeProject: boolean): Finding[] {
  const findings: Finding[] = [];
  const needed = new Set<string>();
  const allowed = Object.keys(place.allowed);
  for (const [path, text] of texts) {
    if (!place.within.some((pattern) => covers(pattern, path))) continue;
    const uses = scanUses(path, text, place.reach);
    const by = allowed.find((pattern) => covers(pattern, path));
    if (by !== undefined) {
      if (uses.length > 0) needed.add(by);
      continue;
    }
    const where = allowed.length === 0 ? "nobody" : allowed.join(", ");
    findings.push(
      ...uses.map(({ what, line }) => ({ rule: place.rule, path, line, sentence: `${what}: ${place.power} belongs to ${where}` })),
    );
  }
  if (!wholeProject) return findings;
  const stale = allowed.filter((pattern) => !needed.has(pattern));
  return [
    ...findings,
    ...stale.map((pattern) => ({ rule: place.rule, path: "check/places.ts", sentence: `${pattern} does not need to be allowed any more` })),
  ];
}

function covers(pattern: string, path: string): boolean {
  const expression = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("*", "[^/]*");
  return new RegExp(`^${expression}${pattern.endsWith("/") ? "" : "$"}`).test(path);
}
