/** What the benchmark finds out, as it stands in the JSON file. */
import { foreignShare, MAX_FOREIGN, type Pair } from "./compare.ts";
import type { Sample } from "./load.ts";
import type { RowName } from "./options.ts";
import { median, pairwiseRatio, type Ratio } from "./statistics.ts";

/** Two targets, measured in turns. */
export interface Comparison {
  readonly kind: "comparison";
  readonly row: RowName;
  /** What was asked of both. */
  readonly work: string;
  readonly reference: string;
  readonly candidate: string;
  readonly unit: "requests/s" | "µs";
  /** Medians over the pairs. */
  readonly referenceMedian: number;
  readonly candidateMedian: number;
  /** Candidate to reference. */
  readonly ratio: Ratio;
  /** Processor time per request in µs, medians. */
  readonly referenceCpu: number;
  readonly candidateCpu: number;
  /** Pairs among {@link Comparison.pairs} during which others were too busy; above 0 the figures are doubtful. */
  readonly disturbed: number;
  readonly pairs: readonly Pair[];
}

/** One figure that is not compared. */
export interface Figure {
  readonly kind: "figure";
  readonly row: RowName;
  readonly work: string;
  readonly target: string;
  readonly value: number;
  readonly unit: "MB" | "kB" | "ms" | "ns" | "requests" | "connections";
}

export type Result = Comparison | Figure;

/** Adds up the pairs; `by` is the property of the samples that the row is about. */
export function comparison(
  head: Pick<Comparison, "row" | "work" | "reference" | "candidate">,
  by: "requestsPerSecond" | "p99",
  pairs: readonly Pair[],
): Comparison {
  const of = (side: keyof Pair, field: keyof Sample) => median(pairs.map((pair) => pair[side][field]));
  return {
    kind: "comparison",
    ...head,
    unit: by === "p99" ? "µs" : "requests/s",
    referenceMedian: of("reference", by),
    candidateMedian: of("candidate", by),
    ratio: pairwiseRatio(
      pairs.map(({ reference, candidate }) => ({ reference: reference[by], candidate: candidate[by] })),
    ),
    referenceCpu: of("reference", "cpuPerRequest"),
    candidateCpu: of("candidate", "cpuPerRequest"),
    disturbed: pairs.filter((pair) => foreignShare(pair) > MAX_FOREIGN).length,
    pairs,
  };
}
