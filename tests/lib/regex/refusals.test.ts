import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRegex } from "../../../src/lib/regex/mod.ts";

function refuses(cases: readonly (readonly [pattern: string, position: number, reason: RegExp])[]): void {
  for (const [pattern, position, reason] of cases) {
    const result = compileRegex(pattern);
    assert.ok(!result.ok, `${pattern} is accepted`);
    assert.match(result.reason, reason, pattern);
    assert.equal(result.position, position, pattern);
  }
}

test("what cannot be matched in bounded time is refused", () => {
  refuses([
    ["(a)\\1", 3, /back-references/],
    ["\\8", 0, /back-references/],
    ["(?<n>a)\\k<n>", 7, /back-references/],
    ["(?<n>a)\\k{n}", 7, /back-references/],
    ["(a)\\g1", 3, /back-references/],
    ["(a)\\g{-1}", 3, /back-references/],
    ["(?<n>a)(?P=n)", 7, /back-references/],
    ["a(?R)?b", 1, /recursion/],
    ["(a)(?1)", 3, /subroutine calls/],
    ["(a)(?-1)", 3, /subroutine calls/],
    ["(?<n>a)(?&n)", 7, /subroutine calls/],
    ["(?<n>a)(?P>n)", 7, /subroutine calls/],
    ["(a)\\g<1>", 3, /subroutine calls/],
    ["(a)?(?(1)b|c)", 4, /conditionals/],
    ["(?(?=a)b|c)", 0, /conditionals/],
  ]);
});

test("what is not supported is refused by name", () => {
  refuses([
    ["(*UTF8)a", 0, /verbs/],
    ["a(*FAIL)", 1, /verbs/],
    ["(?C1)a", 0, /callouts/],
    ["(?{ code })", 0, /code/],
    ["\\p{L}", 0, /properties/],
    ["\\PL", 0, /properties/],
    ["\\X", 0, /\\X/],
    ["\\N{U+41}", 0, /\\N/],
    ["[[.a.]]", 1, /collating/],
    ["(?<=a+)b", 0, /fixed length/],
    ["x(?<!a|b{1,2})", 1, /fixed length/],
    ["(?=a\\Kb)", 0, /\\K/],
  ]);
});

test("JavaScript's own spellings do not change their meaning silently", () => {
  refuses([
    ["\\u0041", 0, /\\x\{/],
    ["[^]", 0, /not closed/],
    ["[]", 0, /not closed/],
    ["\\i", 0, /no meaning/],
    ["[\\B]", 1, /no meaning in a class/],
  ]);
});

test("mistakes are refused where they are", () => {
  refuses([
    ["a)", 1, /closing parenthesis/],
    ["a(b", 1, /not closed/],
    ["[a", 0, /not closed/],
    ["a[z-b]", 2, /out of order/],
    ["[[:foo:]]", 1, /\[:foo:\]/],
    ["a[:alpha:]", 1, /inside a class/],
    ["*a", 0, /nothing that can be repeated/],
    ["a**", 2, /nothing that can be repeated/],
    ["^*", 1, /nothing that can be repeated/],
    ["a|{2}", 2, /nothing that can be repeated/],
    ["(?i)+", 4, /nothing that can be repeated/],
    ["a{3,2}", 1, /out of order/],
    ["a{65536}", 1, /65535/],
    ["a\\", 1, /backslash/],
    ["\\x{zz}", 0, /digits/],
    ["\\x{10000}", 0, /highest/],
    ["\\400", 0, /\\377/],
    ["\\o12", 0, /braces/],
    ["\\c", 0, /\\c/],
    ["(?#a", 0, /comment/],
    ["(?z)a", 0, /\(\?z/],
    ["(?P!a)", 0, /\(\?P/],
    ["(?i", 0, /not closed/],
    ["(?--i)", 0, /\(\?-/],
    ["(?<1>a)", 3, /name/],
    ["(?<n>a)(?<n>b)", 7, /two groups/],
    ["(".repeat(251) + ")".repeat(251), 250, /nested/],
    ["a".repeat(16_385), 16_384, /longer/],
  ]);
});

test("programs that would be too large are refused, and quickly however they are nested", () => {
  refuses([
    ["\\w{20000}", 0, /too large/],
    ["(?:(?:a{100}){100}){100}", 0, /too large/],
    ["(?:a*b?){600}", 0, /too large/],
    [String.fromCharCode(...Array.from({ length: 600 }, (_, i) => 0x4e00 + i)), 0, /too large/],
    ["(?:(?:(?:){0,65535}){65535}){0,65535}", 0, /too large/],
  ]);
  assert.ok(compileRegex("(?:(?:(?:){65535}){65535}){65535}").ok);
  assert.ok(compileRegex("[" + "\\h".repeat(8000) + "]").ok);
});
