/** Parses a bracketed class, `[…]` (pcre2pattern(3), "Square brackets and character classes"). */
import { type CharSet, complement, foldCase, only, POSIX, union } from "./charset.ts";
import { parseEscape } from "./parse-escape.ts";
import { eat, peek, refuse, type Scanner } from "./scanner.ts";

export interface ClassFlags {
  readonly ignoreCase: boolean;
  /** `(?xx)`: spaces and tabs in the class mean nothing. */
  readonly skipSpaces: boolean;
}

/** One character, which may begin a range, or a set, which may not. */
type Item = { readonly code: number } | { readonly set: CharSet };

const POSIX_ITEM = /\[([:.=])(\^?)((?:\\[\]\\]|(?!\[\1)[^\]])*?)\1\]/y;

/** The name in `[:name:]`, `[.name.]` or `[=name=]` at `at`; null when there is none. */
export function posixAt(source: string, at: number): RegExpExecArray | null {
  POSIX_ITEM.lastIndex = at;
  return POSIX_ITEM.exec(source);
}

/** Parses a class; the cursor stands behind its opening bracket. */
export function parseClass(scanner: Scanner, flags: ClassFlags): CharSet {
  const start = scanner.at - 1;
  const sets = new Set<CharSet>();
  const reader: ClassReader = { scanner, flags, start, quoted: false };
  skipIgnored(reader);
  const negative = !reader.quoted && eat(scanner, "^");
  skipIgnored(reader);
  // A bracket that comes first is a character, in PCRE as in POSIX.
  if (!reader.quoted && peek(scanner) === "]") sets.add(readRange(reader));
  for (;;) {
    skipIgnored(reader);
    if (!reader.quoted && eat(scanner, "]")) break;
    sets.add(readRange(reader));
  }
  const set = flags.ignoreCase ? foldCase(union([...sets])) : union([...sets]);
  return negative ? complement(set) : set;
}

interface ClassReader {
  readonly scanner: Scanner;
  readonly flags: ClassFlags;
  readonly start: number;
  /** Between `\Q` and `\E`. */
  quoted: boolean;
}

/** An item, or the range that it begins. */
function readRange(reader: ClassReader): CharSet {
  const { scanner } = reader;
  const position = scanner.at;
  const low = readItem(reader);
  if ("set" in low) return low.set;
  skipIgnored(reader);
  const alone = only(low.code);
  if (reader.quoted || peek(scanner) !== "-") return alone;
  const hyphen = scanner.at++;
  skipIgnored(reader);
  if (!reader.quoted && peek(scanner) === "]") {
    scanner.at = hyphen;
    return alone;
  }
  const high = readItem(reader);
  // "[a-\d]": PCRE2 refuses it, PCRE1, Perl and JavaScript take the hyphen as a character.
  if ("set" in high) return union([alone, HYPHEN, high.set]);
  if (high.code < low.code) {
    refuse(`the range "${scanner.source.slice(position, scanner.at)}" is out of order`, position);
  }
  return [low.code, high.code];
}

const HYPHEN: CharSet = only(0x2d);

function readItem(reader: ClassReader): Item {
  const { scanner, flags } = reader;
  const letter = peek(scanner);
  if (letter === "") refuse("a class is not closed: ] is missing", reader.start);
  if (!reader.quoted) {
    if (letter === "[") {
      const posix = readPosix(scanner, flags.ignoreCase);
      if (posix !== undefined) return { set: posix };
    }
    if (eat(scanner, "\\")) {
      const escape = parseEscape(scanner, true, 0);
      if (escape.type === "char") return { code: escape.code };
      if (escape.type === "class") return { set: escape.set };
    }
  }
  scanner.at++;
  return { code: letter.charCodeAt(0) };
}

function readPosix(scanner: Scanner, ignoreCase: boolean): CharSet | undefined {
  const found = posixAt(scanner.source, scanner.at);
  if (found === null) return undefined;
  const [text, kind, not, name] = found;
  const set = POSIX.get(name!);
  if (kind !== ":") refuse(`POSIX collating elements ("${text}") are not supported`, scanner.at);
  if (set === undefined) refuse(`"${text}" is not a POSIX class`, scanner.at);
  scanner.at += text.length;
  const folded = ignoreCase ? foldCase(set) : set;
  return not === "^" ? complement(folded) : folded;
}

/** Steps over `\Q` and `\E`, and over spaces where they mean nothing. */
function skipIgnored(reader: ClassReader): void {
  const { scanner, flags } = reader;
  for (;;) {
    if (eat(scanner, "\\E")) reader.quoted = false;
    else if (!reader.quoted && eat(scanner, "\\Q")) reader.quoted = true;
    else if (!reader.quoted && flags.skipSpaces && /[ \t]/.test(peek(scanner))) scanner.at++;
    else return;
  }
}
