/** Parses what stands behind an opening parenthesis: the kind of group and its name. */
import type { Flags } from "./flags.ts";
import { eat, eatMatch, refuse, type Scanner } from "./scanner.ts";

export type GroupHead =
  | { readonly type: "capture"; readonly name?: string }
  | { readonly type: "plain" }
  /** `(?|…)`: group numbers start anew in each alternative. */
  | { readonly type: "reset" }
  | { readonly type: "atomic" }
  | { readonly type: "look"; readonly behind: boolean; readonly negative: boolean }
  | { readonly type: "flags" };

const HEADS: readonly (readonly [string, GroupHead])[] = [
  ["?:", { type: "plain" }],
  ["?|", { type: "reset" }],
  ["?>", { type: "atomic" }],
  ["?=", { type: "look", behind: false, negative: false }],
  ["?!", { type: "look", behind: false, negative: true }],
  ["?<=", { type: "look", behind: true, negative: false }],
  ["?<!", { type: "look", behind: true, negative: true }],
];

const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\*/y, "verbs and options like (*FAIL) or (*UTF8) are not supported"],
  [/\?\(/y, "conditionals are not supported: they cannot be matched in bounded time"],
  [
    /\?(?:R|[+-]?[0-9]|&|P>)/y,
    "recursion and subroutine calls are not supported: they cannot be matched in bounded time",
  ],
  [/\?P=/y, "back-references are not supported: they cannot be matched in bounded time"],
  [/\?C/y, "callouts are not supported"],
  [/\?\??\{/y, "code in patterns is not supported"],
];

/** Reads up to the group's body, or up to the first flag; the cursor stands behind the parenthesis. */
export function readGroupHead(scanner: Scanner, flags: Flags): GroupHead {
  const start = scanner.at - 1;
  for (const [text, reason] of REFUSED) {
    if (eatMatch(scanner, text) !== "") refuse(reason, start);
  }
  for (const [text, head] of HEADS) {
    if (eat(scanner, text)) return head;
  }
  const opening = eatMatch(scanner, /\?P?<|\?'/y);
  if (opening !== "") return { type: "capture", name: readName(scanner, opening.endsWith("'") ? "'" : ">") };
  if (eat(scanner, "?")) return { type: "flags" };
  return flags.n ? { type: "plain" } : { type: "capture" };
}

function readName(scanner: Scanner, end: string): string {
  const start = scanner.at;
  const name = eatMatch(scanner, /[A-Za-z_][A-Za-z0-9_]{0,31}/y);
  if (name === "" || !eat(scanner, end)) {
    refuse(
      `a group's name has at most 32 letters, digits and _, no digit first, and ends with ${end}`,
      start,
    );
  }
  return name;
}
