/** The syntax tree of a pattern. Flags are resolved while parsing: nothing below knows about `(?i)`, `(?s)`, `(?x)`. */
import type { Assertion } from "./assertions.ts";
import type { CharSet } from "./charset.ts";

export type Node =
  | { readonly type: "empty" }
  /** Exactly one character of the set; an empty set never matches. */
  | { readonly type: "set"; readonly set: CharSet }
  | { readonly type: "sequence"; readonly items: readonly Node[] }
  | { readonly type: "choice"; readonly alternatives: readonly Node[] }
  /** A capture group; `index` counts from 1. */
  | { readonly type: "group"; readonly index: number; readonly body: Node }
  /** `max` may be Infinity. Possessive repeats are a greedy one inside `atomic`. */
  | {
    readonly type: "repeat";
    readonly body: Node;
    readonly min: number;
    readonly max: number;
    readonly lazy: boolean;
  }
  /** Keeps only the first way in which `body` matches: `(?>…)`, `a++`. */
  | { readonly type: "atomic"; readonly body: Node }
  | {
    readonly type: "look";
    readonly behind: boolean;
    readonly negative: boolean;
    readonly body: Node;
  }
  | { readonly type: "assert"; readonly assertion: Assertion }
  /** `\K`: the match that is reported starts here. */
  | { readonly type: "keep" };

export interface Pattern {
  readonly root: Node;
  /** Number of capture groups. */
  readonly groups: number;
}

export const EMPTY: Node = { type: "empty" };

/** Puts nodes one behind the other, without needless nesting. */
export function sequence(items: readonly Node[]): Node {
  const kept = items.filter((item) => item.type !== "empty");
  return kept.length === 0 ? EMPTY : kept.length === 1 ? kept[0]! : { type: "sequence", items: kept };
}

/** The first alternative that leads to a match wins. */
export function choice(alternatives: readonly Node[]): Node {
  return alternatives.length === 1 ? alternatives[0]! : { type: "choice", alternatives };
}
