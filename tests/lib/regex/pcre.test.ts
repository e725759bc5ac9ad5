/** What PCRE2 10.42 answers, written down: no PCRE is needed to run this. `scripts/fuzz-regex.ts` asks it again. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compileRegex } from "../../../src/lib/regex/mod.ts";

/** Start and end of the match, then the text of each group; null where there is none. */
type Answer = readonly [start: number, end: number, ...groups: (string | null)[]] | null;

function check(cases: readonly (readonly [pattern: string, text: string, expected: Answer])[]): void {
  for (const [pattern, text, expected] of cases) {
    const result = compileRegex(pattern);
    assert.ok(result.ok, `${pattern} is refused`);
    const match = result.regex.exec(text);
    const answer = match && [match.index, match.end, ...match.slice(1).map((group) => group ?? null)];
    const label = `${pattern} on ${JSON.stringify(text)}`;
    assert.deepEqual(answer, expected, label);
    if (match !== null) assert.equal(match[0], text.slice(match.index, match.end), label);
    assert.equal(result.regex.test(text), expected !== null, label);
  }
}

test("search, case, flags", () => {
  check([
    ["/t6/*", "/t6/detail", [0, 4]],
    ["/t6/*", "/t6", [0, 3]],
    ["/t6/*", "/t5", null],
    ["/t6/*", "/x/t6", [2, 5]],
    ["/t7/.*", "/t7/detail", [0, 10]],
    ["/t7/.*", "/x/t7/detail", [2, 12]],
    ["/t7/.*", "/t7", null],
    ["^/Api", "/Api", [0, 4]],
    ["^/Api", "/api", null],
    ["^[a-z]+\\.a\\.com$", "shop.a.com", [0, 10]],
    ["^[a-z]+\\.a\\.com$", "shop.a.com.evil", null],
    ["^[a-z]+\\.a\\.com$", "shop1.a.com", null],
    ["/(?!(login)|(ping))test", "/test", [0, 5, null, null]],
    ["/(?!(login)|(ping))test", "/ping", null],
    ["", "", [0, 0]],
    ["", "abc", [0, 0]],
    ["a|", "ba", [0, 0]],
    ["a|", "b", [0, 0]],
    ["a|ab", "ab", [0, 1]],
    ["(a|ab)(c|bcd)", "abcd", [0, 4, "a", "bcd"]],
    ["(?i)abc", "xABCx", [1, 4]],
    ["a(?i)b|c", "aB", [0, 2]],
    ["a(?i)b|c", "C", [0, 1]],
    ["a(?i)b|c", "Ab", null],
    ["(a(?i)b|c)d", "aBd", [0, 3, "aB"]],
    ["(a(?i)b|c)d", "Cd", [0, 2, "C"]],
    ["(a(?i)b|c)d", "CD", null],
    ["(?:a(?i)b)c", "aBc", [0, 3]],
    ["(?:a(?i)b)c", "aBC", null],
    ["a(?i:b)c", "aBc", [0, 3]],
    ["a(?i:b)c", "aBC", null],
    ["(?i)a(?-i)b", "Ab", [0, 2]],
    ["(?i)a(?-i)b", "aB", null],
    ["(?i)[^a]", "A", null],
    ["(?i)[^a]", "b", [0, 1]],
    ["(?i)[a-c]+", "ABCd", [0, 3]],
    ["(?i)\\xe9", "\xe9", [0, 1]],
    ["(?i)\\xe9", "\xc9", null],
    ["(?s)a.b", "a\nb", [0, 3]],
    ["a.b", "a\nb", null],
    ["a.b", "a\rb", [0, 3]],
    ["(?m)^b$", "a\nb\nc", [2, 3]],
    ["(?m)^b$", "a\nb", [2, 3]],
    ["(?m)^b$", "b\n", [0, 1]],
    ["(?m)^", "a\n", [0, 0]],
    ["(?m)\\n^", "a\n", null],
    ["(?m)\\n^", "a\nb", [1, 2]],
    ["(?x) a b # comment\n c", "abc", [0, 3]],
    ["(?x) a b # comment\n c", "a b c", null],
    ["(?x)a\\ b[ ]c", "a b c", [0, 5]],
    ["(?xx)[a b]+", "a b", [0, 1]],
    ["(?x:a b)c d", "abc d", [0, 5]],
    ["(?i-s)A.(?^)B", "a B", [0, 3]],
    ["(?i-s)A.(?^)B", "a b", null],
    ["(?U)a+", "aaa", [0, 1]],
    ["(?U)a+?", "aaa", [0, 3]],
    ["(?n)(a)(?<x>b)", "ab", [0, 2, "b"]],
    ["(?J)(?<n>a)|(?<n>b)", "b", [0, 1, null, "b"]],
  ]);
});

test("ends of texts and lines", () => {
  check([
    ["a$", "a", [0, 1]],
    ["a$", "a\n", [0, 1]],
    ["a$", "a\n\n", null],
    ["a$", "ab", null],
    ["^a", "a", [0, 1]],
    ["^a", "\na", null],
    ["\\Aa\\Z", "a", [0, 1]],
    ["\\Aa\\Z", "a\n", [0, 1]],
    ["\\Aa\\z", "a", [0, 1]],
    ["\\Aa\\z", "a\n", null],
    ["(?m)\\Ab", "a\nb", null],
    ["(?m)a$", "a\nb", [0, 1]],
    ["$", "\n", [0, 0]],
    ["$", "a\n", [1, 1]],
    ["\\Ga", "a", [0, 1]],
    ["\\Ga", "ba", null],
    ["(?:^|,)a", "b,a", [1, 3]],
  ]);
});

test("escapes and classes", () => {
  check([
    ["\\h+", "a \t\xa0b", [1, 4]],
    ["\\H", " a", [1, 2]],
    ["\\v", "a\x85", [1, 2]],
    ["\\v", "\t", null],
    ["\\V", "\na", [1, 2]],
    ["a\\Rb", "a\r\nb", [0, 4]],
    ["a\\Rb", "a\nb", [0, 3]],
    ["a\\Rb", "a\x0bb", [0, 3]],
    ["a\\Rb", "a\n\nb", null],
    ["a\\R+b", "a\r\n\nb", [0, 5]],
    ["\\R\\n", "\r\n", null],
    ["\\R\\n", "\r\n\n", [0, 3]],
    ["foo\\Kbar", "foobar", [3, 6]],
    ["(foo\\K)bar", "foobar", [3, 6, "foo"]],
    ["a\\K(?=b)", "ab", [1, 1]],
    ["\\N+", "a\rb\nc", [0, 3]],
    ["\\N{2}", "ab", [0, 2]],
    ["\\C", "\n", [0, 1]],
    ["\\s+", "\t\n\x0b\f\r ", [0, 6]],
    ["\\s+", "\xa0", null],
    ["\\w+", "\xe9a_1\xe9", [1, 4]],
    ["\\d", "\x00", null],
    ["\\d", "7", [0, 1]],
    ["\\ba\\b", "-a-", [1, 2]],
    ["\\ba\\b", "\xe9a\xe9", [1, 2]],
    ["\\ba\\b", "aa", null],
    ["a\\Bb", "ab", [0, 2]],
    ["a\\Bb", "a b", null],
    ["[[:alpha:]]+", "1aZ_", [1, 3]],
    ["[[:^alpha:]]+", "a1-b", [1, 3]],
    ["[[:xdigit:][:punct:]]+", "zaF!z", [1, 4]],
    ["(?i)[[:upper:]]+", "abC1", [0, 3]],
    ["(?i)[[:^upper:]]", "aB1", [2, 3]],
    ["[[:space:]]", "\x0b", [0, 1]],
    ["[[:blank:]]+", "a \t\n", [1, 3]],
    ["[[:word:]]+", "-a_1-", [1, 4]],
    ["[]a]+", "x]a", [1, 3]],
    ["[^]a]+", "]xa", [1, 2]],
    ["[a-]+", "b-a", [1, 3]],
    ["[-a]+", "b-a", [1, 3]],
    ["[a\\-c]+", "b-c", [1, 3]],
    ["[+--]+", "a,-+", [1, 4]],
    ["[a[:b]+", "x[:b", [1, 4]],
    ["[\\b]", "a\b", [1, 2]],
    ["[\\h\\d]+", "a 1b", [1, 3]],
    ["[^\\d\\s]+", "1 ab2", [2, 4]],
    ["[\\Q^]\\E]+", "a]^", [1, 3]],
    ["[a-\\Qc\\E]+", "xabc-", [1, 4]],
    ["\\Qa.b*\\E+", "xa.b**", [1, 6]],
    ["a\\Q|b", "a|b", [0, 3]],
    ["\\x41\\x{42}\\x", "AB\x00", [0, 3]],
    ["\\101\\o{102}\\0", "AB\x00", [0, 3]],
    ["\\0123", "\n3", [0, 2]],
    ["\\18", "\x018", [0, 2]],
    ["[\\1\\10]", "\b", [0, 1]],
    ["\\cA\\cz\\e\\a\\f", "\x01\x1a\x1b\x07\f", [0, 5]],
    ["\\/\\-\\_\\<\\@", "/-_<@", [0, 5]],
    ["a{,2}", "a{,2}", [0, 5]],
    ["a{,2}", "aa", null],
    ["a{x}{", "a{x}{", [0, 5]],
    ["{a}", "{a}", [0, 3]],
    ["a{ 1}", "a{ 1}", [0, 5]],
    ["x]}", "x]}", [0, 3]],
    ["a(?#comment)+b", "aab", [0, 3]],
    ["a(?# (nested )b", "ab", [0, 2]],
  ]);
});

test("repeats, possessive and atomic", () => {
  check([
    ["a{2}", "aaa", [0, 2]],
    ["a{2}", "a", null],
    ["a{2,}", "aaaa", [0, 4]],
    ["a{1,2}", "aaa", [0, 2]],
    ["a{0}b", "ab", [1, 2]],
    ["(a){0}b", "ab", [1, 2, null]],
    ["a*?b", "aab", [0, 3]],
    ["a+?", "aaa", [0, 1]],
    ["a??b", "ab", [0, 2]],
    ["a{1,3}?a", "aaaa", [0, 2]],
    ["a++a", "aaa", null],
    ["a++b", "aaab", [0, 4]],
    ["a*+ab", "aab", null],
    ["a?+a", "a", null],
    ["a?+a", "aa", [0, 2]],
    ["(?:a|ab){1,2}+c", "abc", null],
    ["(?:a|ab){1,2}+c", "aac", [0, 3]],
    ["(?>a|ab)c", "abc", null],
    ["(?>a|ab)c", "ac", [0, 2]],
    ["(?>a+)b", "aaab", [0, 4]],
    ["x(?>(a|b)*)c", "xabc", [0, 4, "b"]],
    ["(?>(a+)|b)+c", "aabaac", [0, 6, "aa"]],
    ["[^/]++/x", "ab/x", [0, 4]],
  ]);
});

test("groups", () => {
  check([
    ["(a)|(b)", "b", [0, 1, null, "b"]],
    ["(a)|(b)", "a", [0, 1, "a", null]],
    ["(?:(a)|b)*", "ab", [0, 2, "a"]],
    ["(?:(a)|(b))*", "aba", [0, 3, "a", "b"]],
    ["(a*)*", "b", [0, 0, ""]],
    ["(a*)*", "aa", [0, 2, ""]],
    ["(a|)+", "aab", [0, 2, ""]],
    ["(a*)+", "b", [0, 0, ""]],
    ["(a??)*", "aa", [0, 0, ""]],
    ["((a)|b)*?c", "abc", [0, 3, "b", "a"]],
    ["(?P<year>\\d+)-(?<month>\\d+)-(?'day'\\d+)", "2026-11-24", [0, 10, "2026", "11", "24"]],
    ["(?|(a)b|(c)d)(e)", "abe", [0, 3, "a", "e"]],
    ["(?|(a)b|(c)d)(e)", "cde", [0, 3, "c", "e"]],
    ["(?|(a)(b)|(c))(d)", "cd", [0, 2, "c", null, "d"]],
    ["/foo(/|$)(.*)", "/foo/bar", [0, 8, "/", "bar"]],
    ["/foo(/|$)(.*)", "/foo", [0, 4, "", ""]],
    ["/foo(/|$)(.*)", "/foobar", null],
    ["/(prefix-x)(/|$)(.*)", "/prefix-x/abc", [0, 13, "prefix-x", "/", "abc"]],
    ["(a(b(c)?)?)?", "ab", [0, 2, "ab", "b", null]],
  ]);
});

test("look-around", () => {
  check([
    ["a(?=b)", "acab", [2, 3]],
    ["a(?!b)", "abac", [2, 3]],
    ["(?<=a)b", "bab", [2, 3]],
    ["(?<!a)b", "abb", [2, 3]],
    ["(?<=ab|c)d", "abd", [2, 3]],
    ["(?<=ab|c)d", "cd", [1, 2]],
    ["(?<=ab|c)d", "bd", null],
    ["(?<=^|/)x", "x", [0, 1]],
    ["(?<=^|/)x", "/x", [1, 2]],
    ["(?<=^|/)x", "ax", null],
    ["(?=(a+))a*b", "aab", [0, 3, "aa"]],
    ["(?!(a))b", "b", [0, 1, null]],
    ["(?<=(a))b", "ab", [1, 2, "a"]],
    ["^(?=.*\\d)(?=.*[a-z]).+$", "a1", [0, 2]],
    ["^(?=.*\\d)(?=.*[a-z]).+$", "aa", null],
    ["^(?!/api|/static)/.*", "/app", [0, 4]],
    ["^(?!/api|/static)/.*", "/api/x", null],
    ["(?:(?!foo).)*", "abfoo", [0, 2]],
    ["(?=a)*b", "b", [0, 1]],
    ["(?=)a", "a", [0, 1]],
    ["(?!)a", "a", null],
    ["(?<=(?=a).)b", "ab", [1, 2]],
    ["(?=(?<=a)b)b", "ab", [1, 2]],
    ["(?>(?=(a|b))\\w)+", "ab", [0, 2, "b"]],
  ]);
});
test("recorded random patterns", () => {
  const lines = readFileSync(new URL("./pcre2-cases.jsonl", import.meta.url), "utf8").trimEnd().split("\n");
  for (const line of lines) {
    const { pattern, texts, answers } = JSON.parse(line);
    check(texts.map((text: string, i: number) => [pattern, text, answers[i]]));
  }
  assert.ok(lines.length > 100);
});

test("a hyphen beside a class is a character, as in Perl and PCRE 8; PCRE2 refuses it", () => {
  check([
    ["[\\w-.]+", "a-.b!", [0, 4]],
    ["[a-\\d]+", "1-a!", [0, 3]],
    ["[[:alpha:]-z]+", "-z!", [0, 2]],
  ]);
});

test("characters above 0xff count as they are; PCRE's byte mode has none", () => {
  check([
    ["中+", "a中中", [1, 3]],
    ["\\x{4e2d}", "中", [0, 1]],
    ["[^a]", "中", [0, 1]],
    ["\\w", "中", null],
    ["[一-龥]", "中", [0, 1]],
  ]);
});
