/**
 * How long do newcomers wait in the line? Size of the flood × its networks × the share of it that brings effort, beside first
 * come, first served on the same arrivals, in fast motion. `node bench/line.ts`; writes bench/results/line/.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { held, live, quantile, type Person, type World } from "#support/line-world.ts";

const HELP = `npm run bench -- line [options]

  --seconds N    length of each world, 240 by default; people are counted who come between a sixth and a half of it
  --seeds N      worlds of each kind, 1 by default
  --help         this

50 letters a second and five newcomers a second, half of whom bring effort (16 bits: weight 8). Everybody comes when called.
`;

const RATE = 50;
const NEWCOMERS = 5;
const EFFORT = { share: 0.5, weight: 8 };
const FLOODS = [500, 5_000];
const NETWORKS = [100, 1_000, 20_000];
const FLOOD_EFFORT = [0, 0.1, 1];
const RESULTS = fileURLToPath(new URL("./results/line/", import.meta.url));

type Wait = { half: number | undefined; most: number | undefined };
type Row = {
  flood: number;
  networks: number;
  effort: number;
  plain: Wait;
  worked: Wait;
  firstCome: Wait;
  plainHeld: number | null;
  workedHeld: number | null;
  ownShare: number | null;
};

function main(): number {
  const { values } = parseArgs({
    options: { seconds: { type: "string" }, seeds: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
  });
  const [seconds, seeds] = [Number(values.seconds ?? 240), Number(values.seeds ?? 1)];
  if (values.help || !(seconds >= 60 && seconds <= 3_600) || !(Number.isInteger(seeds) && seeds >= 1 && seeds <= 20)) {
    console.log(HELP);
    return values.help ? 0 : 2;
  }
  const startedAt = performance.now();
  const rows: Row[] = [];
  const all = FLOODS.flatMap((flood) => FLOOD_EFFORT.flatMap((effort) => NETWORKS.map((networks) => ({ flood, networks, effort }))));
  for (const [at, one] of all.entries()) {
    const name = `${at + 1} of ${all.length}: ${one.flood} places/s from ${one.networks} networks, ${one.effort * 100} % with effort`;
    rows.push(measure(one, seconds, seeds, (second) => say(`${name}, ${Math.round(second)} of ${seconds} s`)));
  }
  say("");
  const took = `${Math.round((performance.now() - startedAt) / 1_000)} s on ${cpus()[0]?.model ?? "an unknown processor"}, Node ${process.versions.node}`;
  const table = tableOf(rows, seconds);
  console.log(table);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${RESULTS}line.svg`, drawing(rows, seconds));
  writeFileSync(`${RESULTS}line.md`, `${reportHead(seconds, seeds)}\n${table}\n\n![waits](line.svg)\n\nMade in ${took}.\n`);
  console.log(`\nbench/results/line/line.md and line.svg; ${took}`);
  return 0;
}

function measure(
  { flood, networks, effort }: Pick<Row, "flood" | "networks" | "effort">,
  seconds: number,
  seeds: number,
  progress: (second: number) => void,
): Row {
  const world: World = {
    seconds,
    capacity: [{ from: 0, rate: RATE }],
    newcomers: () => NEWCOMERS,
    effort: EFFORT,
    flood: { perSecond: flood, networks, comes: 1, effort, from: 5 },
  };
  const seen = Array.from({ length: seeds }, (_, seed) => live(world, seed + 1, progress));
  const people = seen.flatMap((one) => one.people).filter(({ at }) => at >= seconds / 6 && at < seconds / 2);
  const waits = (which: (person: Person) => boolean, of: (person: Person) => number | undefined): Wait => {
    const values = people.filter(which).map(of);
    return { half: quantile(values, 0.5), most: quantile(values, 0.99) };
  };
  const share = (which: (person: Person) => boolean) => {
    const told = held(people, 0, seconds, which);
    return told.of >= 50 && told.open < 0.05 ? told.share : null;
  };
  return {
    flood,
    networks,
    effort,
    plain: waits(
      ({ weight }) => weight === 1,
      ({ waited }) => waited,
    ),
    worked: waits(
      ({ weight }) => weight > 1,
      ({ waited }) => waited,
    ),
    firstCome: waits(
      () => true,
      ({ inFirstCome }) => inFirstCome,
    ),
    plainHeld: share(({ weight }) => weight === 1),
    workedHeld: share(({ weight }) => weight > 1),
    ownShare: seen[0]?.quality.share ?? null,
  };
}

function reportHead(seconds: number, seeds: number): string {
  return [
    "# Waits in the line",
    "",
    `${RATE} letters a second; ${NEWCOMERS} newcomers a second from networks of their own, half of whom bring effort (weight ${EFFORT.weight}); everybody comes`,
    `when called, the flood too. ${seeds === 1 ? "One world" : `${seeds} worlds`} of ${seconds} s each; counted are people who come between a sixth and a half of it.`,
    `Half · 99 % of people wait no longer than. "–": not served when the world ended. First come, first served is at its best: whoever`,
    "doesn't come costs it nothing. Told: the share of intervals that held, without · with effort, where 95 % of them were decided when",
    "the world ended; the line's own sample is of everybody who came for a turn, nearly all of whom belong to the flood.",
    "",
  ].join("\n");
}

function tableOf(rows: readonly Row[], seconds: number): string {
  const shown = (value: number | undefined) =>
    value === undefined ? `– (${seconds / 2}+ s)` : `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  const both = ({ half, most }: Wait) => `${shown(half)} · ${shown(most)}`;
  const percent = (share: number | null) => (share === null || Number.isNaN(share) ? "–" : `${Math.round(100 * share)} %`);
  const cells = [
    [
      "flood/s",
      "networks",
      "with effort",
      "newcomers without effort",
      "with effort",
      "first come, first served",
      "told held",
      "by its own sample",
    ],
    ...rows.map((row) => [
      row.flood.toLocaleString("en"),
      row.networks.toLocaleString("en"),
      percent(row.effort),
      both(row.plain),
      both(row.worked),
      both(row.firstCome),
      `${percent(row.plainHeld)} · ${percent(row.workedHeld)}`,
      percent(row.ownShare),
    ]),
  ];
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(cells[0] ?? []), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...cells.slice(1).map(line)].join("\n");
}

// ---- the drawing ---------------------------------------------------------------------------------------------

const PANEL = { width: 250, height: 190, left: 84, top: 86, gapX: 34, gapY: 64 };
const SERIES = [
  { name: "newcomers without effort", colour: "#1558d6", of: (row: Row) => row.plain.most },
  { name: "newcomers with effort", colour: "#188038", of: (row: Row) => row.worked.most },
  { name: "first come, first served", colour: "#b06000", of: (row: Row) => row.firstCome.most },
];

/** A panel for each flood and share of effort: what 99 % of people wait at most, by the networks that flood. */
function drawing(rows: readonly Row[], seconds: number): string {
  const width = PANEL.left + FLOOD_EFFORT.length * (PANEL.width + PANEL.gapX);
  const height = PANEL.top + FLOODS.length * (PANEL.height + PANEL.gapY);
  const panels = FLOODS.flatMap((flood, down) =>
    FLOOD_EFFORT.map((effort, across) =>
      panel(
        rows.filter((row) => row.flood === flood && row.effort === effort),
        flood,
        effort,
        across,
        down,
        seconds,
      ),
    ),
  );
  const legend = SERIES.map(({ name, colour }, at) => {
    const x = PANEL.left + at * 200;
    return `<circle cx="${x + 5}" cy="48" r="5" fill="${colour}"/>${text(x + 16, 52, name, "start")}`;
  });
  const title = `What 99 % of newcomers wait at most, by the networks that flood (${RATE} letters/s)`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${PANEL.left}" y="26" font-size="15" font-weight="600" fill="#202124">${title}</text>`,
    ...legend,
    ...panels,
    "</svg>\n",
  ].join("\n");
}

function panel(rows: readonly Row[], flood: number, effort: number, across: number, down: number, seconds: number): string {
  const [left, top] = [PANEL.left + across * (PANEL.width + PANEL.gapX), PANEL.top + down * (PANEL.height + PANEL.gapY)];
  // one second to the longest that could be seen, and above it a strip for those who were not served
  const strip = 24;
  const most = Math.log10(seconds);
  const y = (wait: number | undefined) =>
    wait === undefined
      ? top + strip / 2
      : top + strip + (1 - Math.log10(Math.max(1, Math.min(seconds, wait))) / most) * (PANEL.height - strip);
  const x = (index: number) => left + ((index + 0.5) / NETWORKS.length) * PANEL.width;
  const grid = [1, 10, 100].map(
    (tick) =>
      `<line x1="${left}" x2="${left + PANEL.width}" y1="${y(tick)}" y2="${y(tick)}" stroke="#e0e0e0"/>${across === 0 ? text(left - 8, y(tick) + 4, `${tick} s`, "end") : ""}`,
  );
  const series = SERIES.map(({ colour, of }, at) => {
    const points = rows.map((row, index) => ({ x: x(index) + (at - 1) * 7, y: y(of(row)), served: of(row) !== undefined }));
    const path = points.map((point, index) => `${index === 0 ? "M" : "L"}${point.x.toFixed(1)} ${point.y.toFixed(1)}`).join("");
    const dots = points.map(
      (point) =>
        `<circle cx="${point.x.toFixed(1)}" cy="${point.y.toFixed(1)}" r="5" fill="${point.served ? colour : "#fff"}" stroke="${colour}" stroke-width="2"/>`,
    );
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2" opacity="0.6"/>${dots.join("")}`;
  });
  const floodWords = `${flood.toLocaleString("en")} places/s, ${effort === 0 ? "none" : `${Math.round(effort * 100)} %`} with effort`;
  return [
    `<rect x="${left}" y="${top}" width="${PANEL.width}" height="${strip}" fill="#f1f3f4"/>`,
    across === 0 ? text(left - 8, top + strip / 2 + 4, "not served", "end") : "",
    ...grid,
    ...series,
    text(left, top - 8, floodWords, "start"),
    ...NETWORKS.map((networks, index) => text(x(index), top + PANEL.height + 20, networks.toLocaleString("en"), "middle")),
    down === FLOODS.length - 1 ? text(left + PANEL.width / 2, top + PANEL.height + 38, "networks", "middle") : "",
  ].join("\n");
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#3c4043">${words}</text>`;
}

/** In place in a terminal; in a log a line per world. */
function say(words: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${words}\u001b[K`);
  else if (/, 0 of/.test(words)) process.stderr.write(`${words}\n`);
}

process.exitCode = main();
