/**
 * Patterns that stall a backtracking matcher, on texts of 64 KiB. There is no clock here: a matcher that stalls does
 * not answer at all, and one that stays within its step limit by giving up answers wrongly.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Automaton } from "../../../src/lib/regex/automaton.ts";
import { Backtracker } from "../../../src/lib/regex/backtrack.ts";
import { compileProgram } from "../../../src/lib/regex/emit.ts";
import { compileRegex, type Regex } from "../../../src/lib/regex/mod.ts";
import { parsePattern } from "../../../src/lib/regex/parse.ts";
import { tablesOf } from "../../../src/lib/regex/program.ts";

const LENGTH = 65_536;
const A = "a".repeat(LENGTH);

function compile(pattern: string): Regex {
  const result = compileRegex(pattern);
  assert.ok(result.ok, pattern);
  return result.regex;
}

test("patterns without look-around answer on any text", () => {
  const cases: [pattern: string, text: string, expected: boolean][] = [
    ["(a+)+$", `${A}!`, false],
    ["(a+)+$", A, true],
    ["(a|aa)+$", `${A}!`, false],
    ["(.*)*x", A, false],
    ["(.*)*x", `${A}x`, true],
    ["^(\\w+\\s?)*$", `${A}!`, false],
    ["^(a?){50}a{50}$", A, false],
    ["(a?){50}a{50}b", `${A}b`, true],
    [".*.*.*=.*", A, false],
    [".*.*.*=.*", `${A}=`, true],
    ["a*b", A, false],
    ["(x+x+)+y", "x".repeat(LENGTH), false],
    ["^(([a-z])+.)+[A-Z]([a-z])+$", A, false],
    ["(?:a?){300}b", `${A}b`, true],
  ];
  for (const [pattern, text, expected] of cases) assert.equal(compile(pattern).test(text), expected, pattern);
});

test("look-around, atomic groups and possessive repeats stay within the step limit", () => {
  const cases: [pattern: string, text: string, expected: string | undefined][] = [
    ["(?=(?:a+)+$)b|c", `${A}!c`, "c"],
    ["(?!.*b)c", `${A}c`, "c"],
    ["(?<!b)(?:\\w+\\s?)*$", `${A}!`, ""],
    ["(?>a+)+b|c", `${A}c`, "c"],
    ["(?:a++b|a)*c", `${A}c`, `${A}c`],
    ["(?:(?=.*x)a)*x", `${A}x`, `${A}x`],
    ["^(?=.*\\d)(?=.*[a-z])(?!.*\\s).{8,}$", `${A}1`, `${A}1`],
    ["(?:(?!b).)*+c|d", `${A}d`, "d"],
  ];
  for (const [pattern, text, expected] of cases) {
    const regex = compile(pattern);
    assert.equal(regex.test(text), expected !== undefined, pattern);
    assert.equal(regex.exec(text)?.[0], expected, pattern);
  }
});

test("captures inside look-around and atomic groups survive the short cuts", () => {
  const match = compile("(?=.*(x))(?>(a)*)(x)").exec(`${A}x`);
  assert.deepEqual(match?.slice(1), ["x", "a", "x"]);
});

test("an automaton that would grow without end gives way to the backtracker", () => {
  const pattern = "a[ab]{14}c";
  const text = pseudoRandom(LENGTH);
  const parsed = parsePattern(pattern);
  assert.ok(parsed.ok);
  const program = compileProgram(parsed.pattern)!;
  const tables = tablesOf(program);
  assert.equal(new Automaton(program, tables).test(text), undefined);
  assert.equal(new Backtracker(program, tables).test(text), false);
  const regex = compile(pattern);
  assert.equal(regex.test(text), false);
  assert.equal(regex.test(`${text}aaaabbbbaaaabbbbc`), true);
});

test("a search that needs more steps than allowed counts as no match, and the next one is not affected", () => {
  const regex = compile("(?!c)(?:a?){300}b");
  assert.equal(regex.test(`${"a".repeat(300)}b`), true);
  assert.equal(regex.test(`${A}b`), false);
  assert.equal(regex.exec(`${A}b`), null);
  assert.equal(regex.test(`${"a".repeat(300)}b`), true);
});

test("a text that would need more memory than allowed counts as no match", () => {
  const regex = compile("(?!c)(?:a*b?){200}c");
  assert.equal(regex.test("ababc"), true);
  assert.equal(regex.test(`${"a".repeat(1_000_000)}c`), false);
});

/** A text of `a` and `b` without a pattern that an automaton could learn. */
function pseudoRandom(length: number): string {
  let state = 7;
  let text = "";
  while (text.length < length) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += (state >>> 16) & 1 ? "a" : "b";
  }
  return text;
}
