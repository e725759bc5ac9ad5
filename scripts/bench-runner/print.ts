/** Results for people. */
import type { Comparison, Figure, Result } from "./result.ts";

/** The heading and one line per result, as a Markdown table. */
export function table(results: readonly Result[]): string {
  const comparisons = results.filter((result) => result.kind === "comparison");
  const figures = results.filter((result) => result.kind === "figure");
  return [comparisonTable(comparisons), figureTable(figures)].filter((text) => text !== "").join("\n\n");
}

function comparisonTable(results: readonly Comparison[]): string {
  if (results.length === 0) return "";
  return markdown(
    ["work", "reference", "candidate", "medians", "ratio (lowest–highest)", "CPU per request"],
    results.map((result) => [
      result.work,
      result.reference,
      result.candidate,
      `${whole(result.referenceMedian)} : ${whole(result.candidateMedian)} ${result.unit}`,
      `**${result.ratio.median.toFixed(2)}** (${result.ratio.lowest.toFixed(2)}–${
        result.ratio.highest.toFixed(2)
      })`,
      `${result.referenceCpu.toFixed(1)} : ${result.candidateCpu.toFixed(1)} µs`,
    ]),
  );
}

function figureTable(results: readonly Figure[]): string {
  if (results.length === 0) return "";
  return markdown(
    ["figure", "target", "value"],
    results.map(({ work, target, value, unit }) => [work, target, `${value.toPrecision(3)} ${unit}`]),
  );
}

function markdown(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)].join("\n");
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
