/** Parses PCRE patterns, as far as they can be matched in bounded time (pcre2pattern(3), without UTF mode). */
import { Assertion } from "./assertions.ts";
import { choice, EMPTY, type Node, type Pattern, sequence } from "./ast.ts";
import { ANY, type CharSet, foldCase, NOT_NEWLINE, only } from "./charset.ts";
import { type Flags, NO_FLAGS, readFlags } from "./flags.ts";
import { parseClass, posixAt } from "./parse-class.ts";
import { parseEscape } from "./parse-escape.ts";
import { readGroupHead } from "./parse-group.ts";
import { COUNTS, eat, eatMatch, PatternError, peek, refuse, type Scanner } from "./scanner.ts";
import { fixedLength, some } from "./shape.ts";

/** Characters of a pattern. */
const MAX_PATTERN = 16_384;
/** PCRE's own limit on nested parentheses. */
const MAX_DEPTH = 250;
/** PCRE's own limit in `{n,m}`. */
const MAX_COUNT = 65535;

export type ParseResult =
  | { readonly ok: true; readonly pattern: Pattern }
  | { readonly ok: false; readonly reason: string; readonly position: number };

interface Parser extends Scanner {
  /** Capture groups opened so far. */
  groups: number;
  readonly names: Map<string, number>;
  depth: number;
  /** Between `\Q` and `\E`. */
  quoted: boolean;
}

/** Parses a whole pattern; the reason of a refusal is a sentence for the pattern's author. */
export function parsePattern(source: string): ParseResult {
  const parser: Parser = { source, at: 0, groups: 0, names: new Map(), depth: 0, quoted: false };
  try {
    if (source.length > MAX_PATTERN) {
      refuse(`the pattern is longer than ${MAX_PATTERN} characters`, MAX_PATTERN);
    }
    const root = parseChoice(parser, NO_FLAGS, false);
    if (parser.at < source.length) refuse("a closing parenthesis has no opening one", parser.at);
    return { ok: true, pattern: { root, groups: parser.groups } };
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, reason: error.message, position: error.position };
    throw error;
  }
}

/** Alternatives up to a closing parenthesis or the end. Flags that one sets hold in those behind it, as in PCRE. */
function parseChoice(parser: Parser, outer: Flags, resetGroups: boolean): Node {
  const branch: Branch = { parser, flags: outer, items: [], repeatable: false };
  const alternatives: Node[] = [];
  const firstGroup = parser.groups;
  let lastGroup = firstGroup;
  for (;;) {
    parseBranch(branch);
    alternatives.push(sequence(branch.items));
    lastGroup = Math.max(lastGroup, parser.groups);
    if (!eat(parser, "|")) break;
    if (resetGroups) parser.groups = firstGroup;
    branch.items = [];
    branch.repeatable = false;
  }
  parser.groups = lastGroup;
  return choice(alternatives);
}

interface Branch {
  readonly parser: Parser;
  flags: Flags;
  items: Node[];
  /** Whether a quantifier may follow. */
  repeatable: boolean;
}

function parseBranch(branch: Branch): void {
  const { parser } = branch;
  for (;;) {
    skipIgnored(parser, branch.flags);
    const next = peek(parser);
    if (next === "") return;
    if (parser.quoted) push(branch, literal(parser, branch.flags));
    else if (next === "|" || next === ")") return;
    else if (!parseQuantifier(branch)) parseItem(branch, next);
  }
}

function push(branch: Branch, node: Node, repeatable = true): void {
  branch.items.push(node);
  branch.repeatable = repeatable;
}

function parseItem(branch: Branch, next: string): void {
  const { parser, flags } = branch;
  switch (next) {
    case "(":
      parser.at++;
      return parseGroup(branch);
    case "[": {
      const posix = posixAt(parser.source, parser.at);
      if (posix !== null) {
        refuse(`"${posix[0]}" has its meaning only inside a class: [${posix[0]}]`, parser.at);
      }
      parser.at++;
      return push(branch, oneOf(parseClass(parser, { ignoreCase: flags.i, skipSpaces: flags.xx })));
    }
    case "\\": {
      parser.at++;
      const escape = parseEscape(parser, false, parser.groups);
      if (escape.type === "node") return push(branch, escape.node, escape.repeatable);
      const set = escape.type === "class" ? escape.set : only(escape.code);
      return push(branch, oneOf(flags.i ? foldCase(set) : set));
    }
    case ".":
      parser.at++;
      return push(branch, oneOf(flags.s ? ANY : NOT_NEWLINE));
    case "^":
      parser.at++;
      return push(branch, {
        type: "assert",
        assertion: flags.m ? Assertion.LINE_START : Assertion.TEXT_START,
      }, false);
    case "$":
      parser.at++;
      return push(branch, {
        type: "assert",
        assertion: flags.m ? Assertion.LINE_END : Assertion.FINAL_LINE_END,
      }, false);
    default:
      return push(branch, literal(parser, flags));
  }
}

function oneOf(set: CharSet): Node {
  return { type: "set", set };
}

function literal(parser: Parser, flags: Flags): Node {
  const set = only(parser.source.charCodeAt(parser.at++));
  return oneOf(flags.i ? foldCase(set) : set);
}

/** Steps over `\Q`, `\E`, comments, and what `(?x)` ignores. */
function skipIgnored(parser: Parser, flags: Flags): void {
  for (;;) {
    if (!parser.quoted && !flags.x && peek(parser) !== "\\" && peek(parser) !== "(") return;
    if (eat(parser, "\\E")) parser.quoted = false;
    else if (parser.quoted) return;
    else if (eat(parser, "\\Q")) parser.quoted = true;
    else if (parser.source.startsWith("(?#", parser.at)) {
      const end = parser.source.indexOf(")", parser.at);
      if (end < 0) refuse("a comment is not closed: ) is missing", parser.at);
      parser.at = end + 1;
    } else if (!flags.x || eatMatch(parser, /[\t-\r ]+|#[^\n]*(?:\n|$)/y) === "") {
      return;
    }
  }
}

/** Applies a quantifier to the last item; false when none comes next (a lone brace is a character). */
function parseQuantifier(branch: Branch): boolean {
  const { parser, flags } = branch;
  const position = parser.at;
  const next = peek(parser);
  const text = "*+?".includes(next) ? next : next === "{" ? eatMatch(parser, COUNTS) : "";
  if (text === "") return false;
  parser.at = position + text.length;
  if (!branch.repeatable) refuse(`the quantifier "${text}" follows nothing that can be repeated`, position);
  const [min, max] = readCounts(text);
  if (min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT)) {
    refuse(`"${text}" counts beyond ${MAX_COUNT}`, position);
  }
  if (min > max) refuse(`the numbers in "${text}" are out of order`, position);
  skipIgnored(parser, flags);
  const possessive = !parser.quoted && eat(parser, "+");
  const marked = !parser.quoted && !possessive && eat(parser, "?");
  const body = branch.items.pop() ?? EMPTY;
  const node: Node = max === 0
    ? EMPTY
    : { type: "repeat", body, min, max, lazy: !possessive && marked !== flags.U };
  push(branch, possessive ? { type: "atomic", body: node } : node, false);
  return true;
}

function readCounts(text: string): [number, number] {
  if (text === "*") return [0, Infinity];
  if (text === "+") return [1, Infinity];
  if (text === "?") return [0, 1];
  const [from, to] = text.slice(1, -1).split(",");
  return [Number(from), to === undefined ? Number(from) : to === "" ? Infinity : Number(to)];
}

/** Parses a group, a look-around or a flag setting; the cursor stands behind the parenthesis. */
function parseGroup(branch: Branch): void {
  const { parser, flags } = branch;
  const start = parser.at - 1;
  const head = readGroupHead(parser, flags);
  if (head.type === "flags") {
    branch.repeatable = false;
    const inner = readFlags(parser, flags, start);
    if (eat(parser, ")")) branch.flags = inner;
    else if (eat(parser, ":")) push(branch, parseBody(parser, inner, start));
    else refuse("flags are not closed: ) or : is missing", start);
    return;
  }
  switch (head.type) {
    case "capture": {
      const index = ++parser.groups;
      if (head.name !== undefined) nameGroup(parser, head.name, index, flags, start);
      return push(branch, { type: "group", index, body: parseBody(parser, flags, start) });
    }
    case "plain":
      return push(branch, parseBody(parser, flags, start));
    case "reset":
      return push(branch, parseBody(parser, flags, start, true));
    case "atomic":
      return push(branch, { type: "atomic", body: parseBody(parser, flags, start) });
    case "look": {
      const { behind, negative } = head;
      const body = parseBody(parser, flags, start);
      checkLook(body, behind, start);
      return push(branch, { type: "look", behind, negative, body });
    }
  }
}

function nameGroup(parser: Parser, name: string, index: number, flags: Flags, start: number): void {
  const known = parser.names.get(name);
  if (known !== undefined && known !== index && !flags.J) {
    refuse(`two groups have the name "${name}"`, start);
  }
  parser.names.set(name, index);
}

function parseBody(parser: Parser, flags: Flags, start: number, resetGroups = false): Node {
  if (++parser.depth > MAX_DEPTH) refuse(`groups are nested deeper than ${MAX_DEPTH}`, start);
  const body = parseChoice(parser, flags, resetGroups);
  if (!eat(parser, ")")) refuse("a group is not closed: ) is missing", start);
  parser.depth--;
  return body;
}

function checkLook(body: Node, behind: boolean, start: number): void {
  if (some(body, (node) => node.type === "keep")) refuse("\\K is not allowed in a look-around", start);
  const alternatives = body.type === "choice" ? body.alternatives : [body];
  if (behind && alternatives.some((item) => fixedLength(item) === undefined)) {
    refuse("each alternative of a look-behind must have a fixed length", start);
  }
}
