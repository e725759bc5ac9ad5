/** What `^`, `$`, `\b` and their kin see: only the characters on both sides of a position. */
import { contains, NEWLINE, WORD } from "./charset.ts";
import type { AssertKind } from "./ast.ts";

/** What stands on one side of a position. */
export const Side = {
  /** The start or the end of the text. */
  EDGE: 0,
  NEWLINE: 1,
  /** A newline that is the last character of the text, seen from before it. */
  FINAL_NEWLINE: 2,
  WORD: 3,
  OTHER: 4,
} as const;

export type Side = (typeof Side)[keyof typeof Side];

/** Every kind, so that programs can name one by its index. */
export const ASSERT_KINDS: readonly AssertKind[] = [
  "textStart",
  "lineStart",
  "textEnd",
  "finalLineEnd",
  "lineEnd",
  "wordBoundary",
  "notWordBoundary",
];

/** Which characters an assertion must tell from others. */
export const LOOKS_AT: Readonly<Record<AssertKind, "nothing" | "newlines" | "words">> = {
  textStart: "nothing",
  lineStart: "newlines",
  textEnd: "nothing",
  finalLineEnd: "newlines",
  lineEnd: "newlines",
  wordBoundary: "words",
  notWordBoundary: "words",
};

/** Whether an assertion (an index into {@link ASSERT_KINDS}) holds between `before` and `after`. */
export function holds(assertion: number, before: Side, after: Side): boolean {
  switch (ASSERT_KINDS[assertion]!) {
    case "textStart":
      return before === Side.EDGE;
    case "lineStart":
      return before === Side.EDGE || (before === Side.NEWLINE && after !== Side.EDGE);
    case "textEnd":
      return after === Side.EDGE;
    case "finalLineEnd":
      return after === Side.EDGE || after === Side.FINAL_NEWLINE;
    case "lineEnd":
      return after === Side.EDGE || after === Side.FINAL_NEWLINE || after === Side.NEWLINE;
    case "wordBoundary":
      return (before === Side.WORD) !== (after === Side.WORD);
    case "notWordBoundary":
      return (before === Side.WORD) === (after === Side.WORD);
  }
}

/** The side that a character makes. */
export function sideOf(code: number): Side {
  return code === NEWLINE ? Side.NEWLINE : contains(WORD, code) ? Side.WORD : Side.OTHER;
}

export function sideBefore(text: string, at: number): Side {
  return at === 0 ? Side.EDGE : sideOf(text.charCodeAt(at - 1));
}

export function sideAfter(text: string, at: number): Side {
  if (at === text.length) return Side.EDGE;
  const side = sideOf(text.charCodeAt(at));
  return side === Side.NEWLINE && at === text.length - 1 ? Side.FINAL_NEWLINE : side;
}
