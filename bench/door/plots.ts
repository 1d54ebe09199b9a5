/** How do the figures look? Small SVG drawings from numbers, readable on white; no script, no font of their own. Pure. */

export type Line = { name: string; points: readonly (number | null)[] };
export type Group = { name: string; bars: readonly (number | null)[] };

const WIDTH = 760;
const HEIGHT = 320;
const MARGIN = { left: 76, right: 220, top: 40, bottom: 44 };
const COLOURS = ["#1558d6", "#c5221f", "#188038", "#b06000", "#8430ce", "#5f6368"];
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };

/** Values over time on a logarithmic axis, or a linear one from 0; where nobody was answered the line breaks off. */
export function lineChart(parts: {
  title: string;
  unit: string;
  stepSeconds: number;
  lines: readonly Line[];
  markAt?: number;
  mark?: string;
  linear?: true;
}): string {
  const { title, unit, stepSeconds, lines, markAt, mark = "flood", linear = false } = parts;
  const values = lines.flatMap(({ points }) => points.filter((point) => point !== null));
  const [low, high] = decades(values);
  const most = Math.max(1e-9, ...values) * 1.1;
  const many = Math.max(2, ...lines.map(({ points }) => points.length));
  const x = (index: number) => MARGIN.left + (index / (many - 1)) * PLOT.width;
  const upTo = (value: number) => (linear ? value / most : (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low));
  const y = (value: number) => MARGIN.top + (1 - upTo(value)) * PLOT.height;
  const ticks = linear
    ? Array.from({ length: 5 }, (_, index) => (most / 4) * index)
    : Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  const seconds = niceSteps((many - 1) * stepSeconds);
  const drawn = lines.map(({ points }, index) => {
    const path = points
      .map((point, at) =>
        point === null ? "" : `${at === 0 || points[at - 1] === null ? "M" : "L"}${x(at).toFixed(1)} ${y(point).toFixed(1)}`,
      )
      .join("");
    return `<path d="${path}" fill="none" stroke="${colour(index)}" stroke-width="1.6"/>`;
  });
  return svg(title, [
    ...ticks.map((tick) => gridLine(y(tick), `${Number(tick.toPrecision(3))} ${unit}`)),
    ...seconds.map((second) => text(x(second / stepSeconds), HEIGHT - MARGIN.bottom + 18, `${second} s`, "middle")),
    ...(markAt === undefined ? [] : [verticalMark(x(markAt / stepSeconds), mark)]),
    ...drawn,
    ...legend(lines.map(({ name }) => name)),
  ]);
}

/** Groups of bars beside each other, from 0; a missing one stands as a dash. */
export function barChart(parts: {
  title: string;
  unit: string;
  series: readonly string[];
  groups: readonly Group[];
  most?: number;
}): string {
  const { title, unit, series, groups } = parts;
  const most = parts.most ?? Math.max(1e-9, ...groups.flatMap(({ bars }) => bars.map((bar) => bar ?? 0))) * 1.1;
  const y = (value: number) => MARGIN.top + (1 - value / most) * PLOT.height;
  const room = PLOT.width / Math.max(1, groups.length);
  const width = Math.min(40, (room * 0.8) / Math.max(1, series.length));
  const drawn = groups.flatMap(({ name, bars }, at) => {
    const middle = MARGIN.left + room * (at + 0.5);
    const left = middle - (width * bars.length) / 2;
    return [
      ...bars.map((bar, index) =>
        bar === null
          ? text(left + width * (index + 0.5), y(0) - 4, "–", "middle")
          : `<rect x="${(left + width * index).toFixed(1)}" y="${y(bar).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${Math.max(0, y(0) - y(bar)).toFixed(1)}" fill="${colour(index)}"/>`,
      ),
      text(middle, HEIGHT - MARGIN.bottom + 18, name, "middle"),
    ];
  });
  const ticks = Array.from({ length: 5 }, (_, index) => (most / 4) * index);
  return svg(title, [...ticks.map((tick) => gridLine(y(tick), `${Number(tick.toPrecision(2))} ${unit}`)), ...drawn, ...legend(series)]);
}

const ROW = 20;

/** A row for each group, its parts one after the other up to the whole; what is said of it stands at its end. */
export function shareChart(parts: { title: string; series: readonly string[]; groups: readonly (Group & { says: string })[] }): string {
  const { title, series, groups } = parts;
  const left = 150;
  const room = WIDTH - MARGIN.right - left;
  const rows = groups.flatMap(({ name, bars, says }, at) => {
    const y = MARGIN.top + at * ROW;
    const whole = Math.max(
      1,
      bars.reduce<number>((sum, bar) => sum + (bar ?? 0), 0),
    );
    let x = left;
    const drawn = bars.map((bar, index) => {
      const width = (room * (bar ?? 0)) / whole;
      const rect = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 6}" fill="${colour(index)}"/>`;
      x += width;
      return rect;
    });
    return [text(left - 8, y + 11, name, "end"), ...drawn, text(left + 6, y + 11, says, "start", "#fff")];
  });
  return svg(title, [...rows, ...legend(series)], MARGIN.top + groups.length * ROW + 12);
}

function svg(title: string, parts: readonly string[], height = HEIGHT): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="22" font-size="14" font-weight="600" fill="#202124">${escaped(title)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function gridLine(y: number, label: string): string {
  const right = WIDTH - MARGIN.right;
  return `<line x1="${MARGIN.left}" x2="${right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#e0e0e0"/>${text(MARGIN.left - 6, y + 4, label, "end")}`;
}

function verticalMark(x: number, label: string): string {
  return `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}" stroke="#202124" stroke-dasharray="3 3"/>${text(x + 4, MARGIN.top + 10, label, "start")}`;
}

function legend(names: readonly string[]): string[] {
  const x = WIDTH - MARGIN.right + 14;
  return names.flatMap((name, index) => {
    const y = MARGIN.top + 8 + index * 18;
    return [`<rect x="${x}" y="${y - 8}" width="10" height="10" fill="${colour(index)}"/>`, text(x + 16, y + 1, name, "start")];
  });
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end", fill = "#3c4043"): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${escaped(words)}</text>`;
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? "#000";
}

/** Whole powers of ten around the values. */
function decades(values: readonly number[]): [low: number, high: number] {
  const above = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(1, ...above)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, ...above))))];
}

function niceSteps(most: number): number[] {
  const step = [1, 2, 5, 10, 20, 30, 60, 120].find((candidate) => most / candidate <= 8) ?? 300;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
