/**
 * Sets of characters. A character is one UTF-16 code unit; texts that hold bytes, one a character, therefore behave
 * as under PCRE without its UTF mode: classes, `\w` and case folding know ASCII only.
 */

/** Ascending, disjoint, inclusive ranges, flat: `[from, to, from, to, …]`. */
export type CharSet = readonly number[];

/** A range of characters, inclusive. */
export type Range = readonly [from: number, to: number];

/** The highest code unit. */
export const MAX_CODE = 0xffff;

export const NEWLINE = 0x0a;

/** Builds a set from ranges in any order, overlapping or not. */
function fromRanges(ranges: readonly Range[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const set: number[] = [];
  for (const [from, to] of sorted) {
    const last = set.length - 1;
    if (last > 0 && from <= set[last]! + 1) set[last] = Math.max(set[last]!, to);
    else set.push(from, to);
  }
  return set;
}

/** The set of the characters of `text`. */
export function fromChars(text: string): CharSet {
  return union([...text].map((char) => only(char.charCodeAt(0))));
}

const LOW_SINGLES: readonly CharSet[] = Array.from({ length: 0x100 }, (_, code) => [code, code]);

/** The set of one character. */
export function only(code: number): CharSet {
  return LOW_SINGLES[code] ?? [code, code];
}

function rangesOf(set: CharSet): Range[] {
  const pairs: Range[] = [];
  for (let i = 0; i < set.length; i += 2) pairs.push([set[i]!, set[i + 1]!]);
  return pairs;
}

export function union(sets: readonly CharSet[]): CharSet {
  return fromRanges(sets.flatMap(rangesOf));
}

/** Every character that is not in `set`. */
export function complement(set: CharSet): CharSet {
  const rest: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (set[i]! > next) rest.push(next, set[i]! - 1);
    next = set[i + 1]! + 1;
  }
  if (next <= MAX_CODE) rest.push(next, MAX_CODE);
  return rest;
}

export function contains(set: CharSet, code: number): boolean {
  for (let i = 0; i < set.length; i += 2) {
    if (code < set[i]!) return false;
    if (code <= set[i + 1]!) return true;
  }
  return false;
}

/** The only character of `set`, or undefined when it has none or several. */
export function single(set: CharSet): number | undefined {
  return set.length === 2 && set[0] === set[1] ? set[0] : undefined;
}

/** Adds the other case of every ASCII letter, which is what `(?i)` means without UTF mode. */
export function foldCase(set: CharSet): CharSet {
  const added: Range[] = [];
  const shift = (low: number, high: number, by: number) => {
    for (const [from, to] of rangesOf(set)) {
      const start = Math.max(from, low);
      const end = Math.min(to, high);
      if (start <= end) added.push([start + by, end + by]);
    }
  };
  shift(0x41, 0x5a, 0x20);
  shift(0x61, 0x7a, -0x20);
  return fromRanges([...rangesOf(set), ...added]);
}

export const ANY: CharSet = [0, MAX_CODE];
export const NOT_NEWLINE: CharSet = complement(only(NEWLINE));
export const DIGIT: CharSet = fromRanges([[0x30, 0x39]]);
export const WORD: CharSet = fromRanges([[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]);
export const SPACE: CharSet = fromRanges([[0x09, 0x0d], [0x20, 0x20]]);
/** `\h` (PCRE lists more above 0xff; they count here as well). */
export const HORIZONTAL_SPACE: CharSet = fromChars(
  "\t \u00a0\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
);
/** `\v`. */
export const VERTICAL_SPACE: CharSet = fromChars("\n\v\f\r\u0085\u2028\u2029");

/** POSIX classes in the C locale. */
export const POSIX: ReadonlyMap<string, CharSet> = new Map([
  ["alpha", fromRanges([[0x41, 0x5a], [0x61, 0x7a]])],
  ["lower", fromRanges([[0x61, 0x7a]])],
  ["upper", fromRanges([[0x41, 0x5a]])],
  ["alnum", fromRanges([[0x30, 0x39], [0x41, 0x5a], [0x61, 0x7a]])],
  ["ascii", fromRanges([[0x00, 0x7f]])],
  ["blank", fromChars("\t ")],
  ["cntrl", fromRanges([[0x00, 0x1f], [0x7f, 0x7f]])],
  ["digit", DIGIT],
  ["graph", fromRanges([[0x21, 0x7e]])],
  ["print", fromRanges([[0x20, 0x7e]])],
  ["punct", fromRanges([[0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]])],
  ["space", SPACE],
  ["word", WORD],
  ["xdigit", fromRanges([[0x30, 0x39], [0x41, 0x46], [0x61, 0x66]])],
]);
