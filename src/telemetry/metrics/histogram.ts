/** Durations in buckets. One set of counts serves both views: ours, and ALB's coarser one. */
import { type LabelText, labelText, type Sample } from "./family.ts";

/** Upper bounds in seconds. */
export const BOUNDS: readonly number[] = [
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
  60,
];

/** ALB's bounds (data-plane spec 8.1); every one of them is also one of {@link BOUNDS}. */
export const ALB_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Histogram {
  /** One a bound, not cumulated, and one beyond the last. */
  readonly counts: number[];
  /** Seconds. */
  sum: number;
}

export function newHistogram(): Histogram {
  return { counts: new Array<number>(BOUNDS.length + 1).fill(0), sum: 0 };
}

/** Runs for every request: most end in one of the first buckets, so that a linear search is the short way. */
export function observe(histogram: Histogram, seconds: number): void {
  let bucket = 0;
  while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket++;
  histogram.counts[bucket]!++;
  histogram.sum += seconds;
}

/** The series of one histogram, seen through `bounds`, which must be among {@link BOUNDS}. */
export function* histogramSamples(
  histogram: Histogram,
  labels: LabelText,
  bounds: readonly number[] = BOUNDS,
): Generator<Sample> {
  let total = 0;
  let next = 0;
  for (const [bucket, bound] of BOUNDS.entries()) {
    total += histogram.counts[bucket]!;
    if (bound !== bounds[next]) continue;
    yield { suffix: "_bucket", labels: `${labels},${LE[bucket]}`, value: total };
    next++;
  }
  total += histogram.counts[BOUNDS.length]!;
  yield { suffix: "_bucket", labels: `${labels},${LE_INFINITY}`, value: total };
  yield { suffix: "_sum", labels, value: histogram.sum };
  yield { suffix: "_count", labels, value: total };
}

const LE = BOUNDS.map((bound) => labelText({ le: String(bound) }));
const LE_INFINITY = labelText({ le: "+Inf" });
