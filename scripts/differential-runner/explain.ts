/** Differences against what is known of them. */
import type { Difference } from "./compare.ts";
import type { KnownDifference } from "./known.ts";

export interface Explained {
  readonly known: KnownDifference;
  readonly differences: readonly Difference[];
}

export interface Explanation {
  readonly explained: readonly Explained[];
  /** Nobody knows why. */
  readonly unexplained: readonly Difference[];
  /** Known, but the proxies do the same. Only among `played`. */
  readonly gone: readonly string[];
}

export function explain(
  found: readonly Difference[],
  known: readonly KnownDifference[],
  played: readonly string[],
): Explanation {
  const isOf = (name: string) => (each: string | RegExp) =>
    typeof each === "string" ? each === name : each.test(name);
  const isKnown = (name: string) => known.some(({ cases }) => cases.some(isOf(name)));
  const names = found.map(({ name }) => name);
  return {
    explained: known.map((each) => ({
      known: each,
      differences: found.filter(({ name }) => each.cases.some(isOf(name))),
    })),
    unexplained: found.filter(({ name }) => !isKnown(name)),
    gone: played.filter((name) => isKnown(name) && !names.includes(name)),
  };
}
