import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRegex } from "../../src/lib/regex/mod.ts";
import fc from "fast-check";
import { literalPrefix } from "../../src/matcher/regex-prefix.ts";

test("the literal start of a pattern", () => {
  const cases: readonly (readonly [pattern: string, prefix: string])[] = [
    ["^/api/(.*)", "/api/"],
    ["^/api/(v1|v2)/x", "/api/"],
    ["^/a\\.b\\/c$", "/a.b/c"],
    ["^/foo$", "/foo"],
    ["^/ab+c", "/ab"],
    ["^/ab?c", "/a"],
    ["^/ab*", "/a"],
    ["^/ab{0,1}", "/a"],
    ["^/a[bc]", "/a"],
    ["^/a\\d", "/a"],
    ["^/a\\?b", "/a?b"],
    ["^/a\\.?b", "/a"],
    ["^/a(?:b|c)", "/a"],
    ["^/a(?=b)", "/a"],
    ["^/a(?<name>b)", "/a"],
    ["^/a(?P<name>b)", "/a"],
    ["^/caf\u00e9", "/caf"],
    ["^/a\\", "/a"],
    ["/api", ""],
    ["^/a|^/b", ""],
    ["^/a(b)|c", ""],
    ["^/a[(]|b", ""],
    ["^/a\\Q(\\E|b", ""],
    ["(?i)^/api", ""],
    ["^/a(?i)b", ""],
    ["^/a(?#x)", ""],
    ["^/a(*ACCEPT)b", ""],
    ["^", ""],
    ["", ""],
  ];
  for (const [pattern, prefix] of cases) assert.equal(literalPrefix(pattern), prefix, pattern);
});

test("property: whatever a pattern finds starts with its literal start", () => {
  const part = fc.constantFrom(
    ...[
      "^",
      "/",
      "a",
      "b",
      "|",
      "(",
      ")",
      "(?:",
      "(?=",
      "(?!",
      "*",
      "?",
      "+",
      "{0}",
      "{1,2}",
      "\\.",
      ".",
      "$",
    ],
    ...["[ab]", "\\w", "\\b", "\\A"],
  );
  const pattern = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => `^${parts.join("")}`);
  const text = fc.array(fc.constantFrom("/", "a", "b", "."), { maxLength: 5 }).map((parts) => parts.join(""));
  let found = 0;
  fc.assert(
    fc.property(pattern, fc.array(text, { maxLength: 10 }), (source, texts) => {
      const compiled = compileRegex(source);
      if (!compiled.ok) return;
      for (const each of texts) {
        if (!compiled.regex.test(each)) continue;
        found++;
        assert.ok(each.startsWith(literalPrefix(source)), `${source} finds ${each}`);
      }
    }),
    { numRuns: 20_000 },
  );
  assert.ok(found > 1_000, `only ${found} matches seen`);
});
