/** Parses what stands behind a backslash (pcre2pattern(3), "Backslash", with PCRE's non-UTF meaning). */
import { Assertion } from "./assertions.ts";
import type { Node } from "./ast.ts";
import {
  ANY,
  type CharSet,
  complement,
  DIGIT,
  fromChars,
  HORIZONTAL_SPACE,
  MAX_CODE,
  NOT_NEWLINE,
  SPACE,
  VERTICAL_SPACE,
  WORD,
} from "./charset.ts";
import { comesNext, COUNTS, eat, eatMatch, peek, refuse, type Scanner } from "./scanner.ts";

export type Escape =
  | { readonly type: "char"; readonly code: number }
  | { readonly type: "class"; readonly set: CharSet }
  /** Anything that is not one character; never inside a class. */
  | { readonly type: "node"; readonly node: Node; readonly repeatable: boolean };

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["a", 0x07],
  ["e", 0x1b],
  ["f", 0x0c],
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
]);

const CLASSES: ReadonlyMap<string, CharSet> = new Map([
  ["d", DIGIT],
  ["D", complement(DIGIT)],
  ["w", WORD],
  ["W", complement(WORD)],
  ["s", SPACE],
  ["S", complement(SPACE)],
  ["h", HORIZONTAL_SPACE],
  ["H", complement(HORIZONTAL_SPACE)],
  ["v", VERTICAL_SPACE],
  ["V", complement(VERTICAL_SPACE)],
]);

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ["A", Assertion.TEXT_START],
  // A search always begins at the start of the text, so that is where \G stands.
  ["G", Assertion.TEXT_START],
  ["z", Assertion.TEXT_END],
  ["Z", Assertion.FINAL_LINE_END],
  ["b", Assertion.WORD_BOUNDARY],
  ["B", Assertion.NOT_WORD_BOUNDARY],
]);

/** `\R`: CRLF is taken as one, and not split on backtracking. */
const LINE_BREAK: Node = {
  type: "atomic",
  body: {
    type: "choice",
    alternatives: [
      {
        type: "sequence",
        items: [{ type: "set", set: fromChars("\r") }, { type: "set", set: fromChars("\n") }],
      },
      { type: "set", set: VERTICAL_SPACE },
    ],
  },
};

const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ["k", "back-references are not supported: they cannot be matched in bounded time"],
  ["g", "back-references and subroutine calls are not supported: they cannot be matched in bounded time"],
  ["p", "Unicode properties (\\p) are not supported: name the characters in a class"],
  ["P", "Unicode properties (\\P) are not supported: name the characters in a class"],
  ["X", "\\X (a grapheme) is not supported"],
  ["u", "\\u is not an escape of PCRE: write \\x{…}"],
  ["U", "\\U is not an escape of PCRE"],
  ["l", "\\l is not an escape of PCRE"],
  ["L", "\\L is not an escape of PCRE"],
]);

/**
 * Parses one escape; the cursor stands behind the backslash. `groups` is the number of capture groups opened so far,
 * which decides whether `\12` is a back-reference or an octal number.
 */
export function parseEscape(scanner: Scanner, inClass: boolean, groups: number): Escape {
  const start = scanner.at - 1;
  const letter = peek(scanner);
  if (letter === "") refuse("a backslash ends the pattern", start);
  if (/[0-9]/.test(letter)) return char(parseDigits(scanner, inClass, groups));
  scanner.at++;
  if (!/[a-zA-Z]/.test(letter)) return char(letter.charCodeAt(0));
  const control = CONTROLS.get(letter);
  if (control !== undefined) return char(control);
  const set = CLASSES.get(letter);
  if (set !== undefined) return { type: "class", set };
  if (letter === "x") return char(parseHex(scanner));
  if (letter === "o") return char(parseBraced(scanner, "\\o", /[0-7]+/y, 8));
  if (letter === "c") return char(parseControl(scanner));
  if (inClass && letter === "b") return char(0x08);
  const reason = UNSUPPORTED.get(letter);
  if (reason !== undefined) refuse(reason, start);
  const node = inClass ? undefined : parseNode(scanner, letter);
  if (node === undefined) refuse(`"\\${letter}" has no meaning ${inClass ? "in a class" : "here"}`, start);
  return node;
}

function char(code: number): Escape {
  return { type: "char", code };
}

function parseNode(scanner: Scanner, letter: string): Escape | undefined {
  const assertion = ASSERTIONS.get(letter);
  if (assertion !== undefined) {
    return { type: "node", node: { type: "assert", assertion }, repeatable: false };
  }
  switch (letter) {
    case "K":
      return { type: "node", node: { type: "keep" }, repeatable: false };
    case "R":
      return { type: "node", node: LINE_BREAK, repeatable: true };
    case "C":
      return { type: "class", set: ANY };
    case "N":
      // "\N{2}" is \N twice.
      if (peek(scanner) === "{" && !comesNext(scanner, COUNTS)) {
        refuse("\\N{…} is not supported: write \\x{…}", scanner.at - 2);
      }
      return { type: "class", set: NOT_NEWLINE };
    default:
      return undefined;
  }
}

/** `\0`, `\012`, `\1`: an octal number or a back-reference, told apart as PCRE does. */
function parseDigits(scanner: Scanner, inClass: boolean, groups: number): number {
  const start = scanner.at - 1;
  const first = peek(scanner);
  if (first !== "0" && !inClass) {
    const digits = eatMatch(scanner, /[0-9]+/y);
    const reference = Number(digits);
    if (reference < 10 || first >= "8" || reference <= groups) {
      refuse(
        `back-references ("\\${digits}") are not supported: they cannot be matched in bounded time`,
        start,
      );
    }
    scanner.at = start + 1;
  }
  const octal = eatMatch(scanner, /[0-7]{1,3}/y);
  if (octal === "") {
    scanner.at++;
    return first.charCodeAt(0);
  }
  const code = parseInt(octal, 8);
  if (code > 0xff) refuse(`"\\${octal}" is above \\377`, start);
  return code;
}

function parseHex(scanner: Scanner): number {
  if (peek(scanner) === "{") return parseBraced(scanner, "\\x", /[0-9a-fA-F]+/y, 16);
  const digits = eatMatch(scanner, /[0-9a-fA-F]{1,2}/y);
  return digits === "" ? 0 : parseInt(digits, 16);
}

function parseBraced(scanner: Scanner, name: string, digits: RegExp, radix: number): number {
  const start = scanner.at - 2;
  if (!eat(scanner, "{")) refuse(`"${name}" needs digits in braces`, start);
  const number = eatMatch(scanner, digits);
  if (number === "" || !eat(scanner, "}")) refuse(`"${name}{" needs digits and a closing brace`, start);
  const code = parseInt(number, radix);
  if (code > MAX_CODE) {
    refuse(`"${name}{${number}}" is above \\x{ffff}, the highest character that can be matched`, start);
  }
  return code;
}

function parseControl(scanner: Scanner): number {
  const next = peek(scanner);
  if (!/[ -~]/.test(next)) refuse('"\\c" needs a printable ASCII character', scanner.at - 2);
  scanner.at++;
  return next.toUpperCase().charCodeAt(0) ^ 0x40;
}
