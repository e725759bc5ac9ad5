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
