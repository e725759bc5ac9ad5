import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Automaton, isRegular } from "../../../src/lib/regex/automaton.ts";
import { Backtracker } from "../../../src/lib/regex/backtrack.ts";
import { compileProgram } from "../../../src/lib/regex/emit.ts";
import { compileRegex } from "../../../src/lib/regex/mod.ts";
import { parsePattern } from "../../../src/lib/regex/parse.ts";
import { tablesOf } from "../../../src/lib/regex/program.ts";
import { commonPatterns, commonTexts, pcrePatterns, pcreTexts } from "./random-patterns.ts";

const texts = (text: fc.Arbitrary<string>) => fc.array(text, { minLength: 4, maxLength: 4 });

test("what JavaScript and PCRE share matches as in JavaScript, captures included", () => {
  fc.assert(
    fc.property(commonPatterns, texts(commonTexts), (pattern, texts) => {
      const result = compileRegex(pattern);
      assert.ok(result.ok, pattern);
      const native = new RegExp(pattern);
      for (const text of texts) {
        const found = result.regex.exec(text);
        const expected = native.exec(text);
        assert.deepEqual(
          found && [...found],
          expected && [...expected],
          `${pattern} on ${JSON.stringify(text)}`,
        );
        if (found !== null && expected !== null) {
          assert.equal(found.index, expected.index);
          assert.equal(found.end, expected.index + expected[0].length);
        }
        assert.equal(result.regex.test(text), expected !== null);
      }
    }),
    { numRuns: 3000 },
  );
});

test("the automaton and the backtracker agree on whether there is a match", () => {
  let regular = 0;
  fc.assert(
    fc.property(pcrePatterns, texts(pcreTexts), (pattern, texts) => {
      const parsed = parsePattern(pattern);
      assert.ok(parsed.ok, pattern);
      const program = compileProgram(parsed.pattern);
      assert.ok(program !== undefined, pattern);
      if (!isRegular(program)) return;
      regular++;
      const tables = tablesOf(program);
      const automaton = new Automaton(program, tables);
      const backtracker = new Backtracker(program, tables);
      // The second round finds the table filled.
      for (const text of [...texts, ...texts]) {
        assert.equal(automaton.test(text), backtracker.test(text), `${pattern} on ${JSON.stringify(text)}`);
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(regular > 500, `only ${regular} patterns were regular`);
});

test("a required prefix starts every text that matches", () => {
  fc.assert(
    fc.property(pcrePatterns, texts(pcreTexts), (pattern, texts) => {
      const result = compileRegex(`^${pattern}`);
      assert.ok(result.ok, pattern);
      const { requiredPrefix } = result.regex;
      if (requiredPrefix === undefined) return;
      for (const text of texts) {
        if (result.regex.test(text)) {
          assert.ok(text.startsWith(requiredPrefix), `${pattern} on ${JSON.stringify(text)}`);
        }
      }
    }),
  );
});
