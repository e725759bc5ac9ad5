/** The two statistics that we print. */

/** NaN for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

export interface Ratio {
  /** Of the ratios of the pairs, not the ratio of the medians. */
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** How the candidate stands to the reference, pair by pair. */
export function pairwiseRatio(
  pairs: readonly { readonly reference: number; readonly candidate: number }[],
): Ratio {
  const ratios = pairs.map(({ reference, candidate }) => candidate / reference);
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}
