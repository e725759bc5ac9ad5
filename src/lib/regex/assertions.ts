/** What `^`, `$`, `\b` and their kin see: only the characters on both sides of a position. */
import { contains, NEWLINE, WORD } from "./charset.ts";

export const Assertion = {
  /** `\A`, `\G`, and `^` outside `(?m)`. */
  TEXT_START: 0,
  /** `^` under `(?m)`: at the start or behind a newline that is not the last character. */
  LINE_START: 1,
  /** `\z`. */
  TEXT_END: 2,
  /** `\Z`, and `$` outside `(?m)`: at the end or before a newline that is the last character. */
  FINAL_LINE_END: 3,
  /** `$` under `(?m)`. */
  LINE_END: 4,
  /** `\b`. */
  WORD_BOUNDARY: 5,
  /** `\B`. */
  NOT_WORD_BOUNDARY: 6,
} as const;

export type Assertion = (typeof Assertion)[keyof typeof Assertion];

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

/** Which characters an assertion must tell from others. */
export function looksAt(assertion: Assertion): "nothing" | "newlines" | "words" {
  switch (assertion) {
    case Assertion.TEXT_START:
    case Assertion.TEXT_END:
      return "nothing";
    case Assertion.LINE_START:
    case Assertion.FINAL_LINE_END:
    case Assertion.LINE_END:
      return "newlines";
    case Assertion.WORD_BOUNDARY:
    case Assertion.NOT_WORD_BOUNDARY:
      return "words";
  }
}

/** Whether an assertion holds between `before` and `after`. */
export function holds(assertion: Assertion, before: Side, after: Side): boolean {
  switch (assertion) {
    case Assertion.TEXT_START:
      return before === Side.EDGE;
    case Assertion.LINE_START:
      return before === Side.EDGE || (before === Side.NEWLINE && after !== Side.EDGE);
    case Assertion.TEXT_END:
      return after === Side.EDGE;
    case Assertion.FINAL_LINE_END:
      return after === Side.EDGE || after === Side.FINAL_NEWLINE;
    case Assertion.LINE_END:
      return after === Side.EDGE || after === Side.FINAL_NEWLINE || after === Side.NEWLINE;
    case Assertion.WORD_BOUNDARY:
      return (before === Side.WORD) !== (after === Side.WORD);
    case Assertion.NOT_WORD_BOUNDARY:
      return (before === Side.WORD) === (after === Side.WORD);
  }
}

/** The side of each ASCII character. */
const ASCII_SIDES = Array.from({ length: 0x80 }, (_, code) => {
  return code === NEWLINE ? Side.NEWLINE : contains(WORD, code) ? Side.WORD : Side.OTHER;
});

/** The side that a character makes. */
export function sideOf(code: number): Side {
  return ASCII_SIDES[code] ?? Side.OTHER;
}

export function sideBefore(text: string, at: number): Side {
  return at === 0 ? Side.EDGE : sideOf(text.charCodeAt(at - 1));
}

export function sideAfter(text: string, at: number): Side {
  if (at === text.length) return Side.EDGE;
  const side = sideOf(text.charCodeAt(at));
  return side === Side.NEWLINE && at === text.length - 1 ? Side.FINAL_NEWLINE : side;
}
