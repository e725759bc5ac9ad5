/**
 * Long computations that can be interrupted: generators that yield wherever others may have their turn. Whoever starts one
 * decides whether it runs at once or lets traffic through.
 */
import { createTimeSlice } from "./time-slice.ts";

/** A computation of a `T`. */
export type Steps<T> = Generator<void, T, void>;

/** Items of a loop between two yields: a fraction of a millisecond for what is done per rule. */
const ITEMS_A_STEP = 32;

/** Without interruption. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** In slices of a few milliseconds, between which everything else runs. */
export async function inSlices<T>(steps: Steps<T>): Promise<T> {
  const slice = createTimeSlice();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    if (slice.isOver) await slice.rest();
  }
}

/** Calls `visit` for each item, and yields now and then: `yield* eachOf(items, visit)`. */
export function* eachOf<T>(items: Iterable<T>, visit: (item: T, index: number) => void): Steps<void> {
  let index = 0;
  for (const item of items) {
    visit(item, index);
    if (++index % ITEMS_A_STEP === 0) yield;
  }
}

/** Items that are sorted in one go: a fraction of a millisecond. */
const SORTED_AT_ONCE = 256;

/** The items in the order of `compare`; equal ones keep theirs. Sorts parts, then merges them. */
export function* sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const { length } = items;
  let from: T[] = [];
  for (let start = 0; start < length; start += SORTED_AT_ONCE) {
    from.push(...items.slice(start, start + SORTED_AT_ONCE).sort(compare));
    yield;
  }
  for (let width = SORTED_AT_ONCE; width < length; width *= 2) {
    const to: T[] = [];
    for (let start = 0; start < length; start += 2 * width) {
      yield* merge(
        from,
        start,
        Math.min(start + width, length),
        Math.min(start + 2 * width, length),
        compare,
        to,
      );
    }
    from = to;
  }
  return from;
}

/** Appends two neighbouring sorted parts of `from`, [start, middle) and [middle, end), to `to` as one. */
function* merge<T>(
  from: readonly T[],
  start: number,
  middle: number,
  end: number,
  compare: (a: T, b: T) => number,
  to: T[],
): Steps<void> {
  let [left, right] = [start, middle];
  for (let count = 1; left < middle || right < end; count++) {
    const isLeft = right >= end || left < middle && compare(from[left] as T, from[right] as T) <= 0;
    to.push(from[isLeft ? left++ : right++] as T);
    if (count % ITEMS_A_STEP === 0) yield;
  }
}
