/**
 * Budget and seed of the fuzz tests. `FUZZ_RUNS` is the number of ordinary inputs a test (300 when nothing is said),
 * `FUZZ_SECONDS` the time instead, `FUZZ_SEED` repeats what a failure printed.
 */
import { test } from "node:test";
import fc from "fast-check";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 300);
const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 0);
const SEED = process.env["FUZZ_SEED"];

/** Far above what a run takes: nothing else shows an input that never ends. */
const STALL_MS = 110_000;

/** A test of one property within the budget; `cost` is how many ordinary inputs one of its inputs takes as long as. */
export function fuzz<T extends [unknown, ...unknown[]]>(
  name: string,
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  { cost = 1 }: { readonly cost?: number } = {},
): void {
  test(name, { timeout: STALL_MS + SECONDS * 1000 }, async () => {
    const seed = SEED === undefined ? Date.now() & 0x7fffffff : Number(SEED);
    const budget = SECONDS > 0
      ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: SECONDS * 1000 }
      : { numRuns: Math.ceil(RUNS / cost) };
    console.log(`${name}: seed ${seed}`);
    await fc.assert(property as fc.IAsyncProperty<T>, { seed, ...budget });
  });
}
