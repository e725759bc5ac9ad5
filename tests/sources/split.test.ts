import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { countLines, splitDocuments } from "../../src/sources/split.ts";
import { parseDocument } from "../../src/sources/syntax.ts";

function values(text: string): unknown[] {
  return splitDocuments(text).map((piece) => {
    const parsed = parseDocument(piece.text);
    return parsed.ok ? parsed.value : "broken";
  });
}

test("split: documents of a file", () => {
  const cases: readonly (readonly [text: string, values: unknown[]])[] = [
    ["", []],
    ["\n# only a comment\n", []],
    ["a: 1", [{ a: 1 }]],
    ["---\na: 1\n", [{ a: 1 }]],
    ["a: 1\n---\nb: 2\n---\n", [{ a: 1 }, { b: 2 }]],
    ["---\n---\n# nothing\n---\na: 1\n", [{ a: 1 }]],
    ["--- {a: 1}\n--- {b: 2}\n", [{ a: 1 }, { b: 2 }]],
    ["--- # comment\na: 1\n---\t\nb: 2", [{ a: 1 }, { b: 2 }]],
    ["a: 1\r\n---\r\nb: 2\r\n", [{ a: 1 }, { b: 2 }]],
    ["a: 1\n...\nb: 2\n...\n", [{ a: 1 }, { b: 2 }]],
    ["a: 1\n...\n...\n", [{ a: 1 }]],
    ["a: 1\n... # end\n---\nb: 2\n...", [{ a: 1 }, { b: 2 }]],
    ["%YAML 1.2\n---\na: 1\n...\n# next\n%YAML 1.2\n---\nb: 2\n", [{ a: 1 }, { b: 2 }]],
    ["%TAG ! tag:a.com,2025:\n---\na: 1\n", [{ a: 1 }]],
    ["a: |\n  ---\n  x\nb: 1\n", [{ a: "---\nx\n", b: 1 }]],
    ["a: ---\nb: ----\n", [{ a: "---", b: "----" }]],
    ["----\n", ["----"]],
    ["---a: 1\n", [{ "---a": 1 }]],
    ['a: "\u2028--- x"\n', [{ a: "\u2028--- x" }]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(values(text), expected, JSON.stringify(text));
});

test("split: a broken document leaves its neighbours alone", () => {
  for (const broken of ["a: [", "a: 'x", 'a: "x', "a: {b: 1", "\t- x: y: z", "a: 1\na: 2", "a: *x", "]"]) {
    assert.deepEqual(values(`x: 1\n---\n${broken}\n---\ny: 2\n`), [{ x: 1 }, "broken", { y: 2 }], broken);
  }
});

test("split: JSON values in a row", () => {
  const cases: readonly (readonly [text: string, values: unknown[]])[] = [
    ['{"a": 1}', [{ a: 1 }]],
    ['{"a": 1}\n{"b": {"c": 2}}\n', [{ a: 1 }, { b: { c: 2 } }]],
    ['{"a": "} {"}{"b": "\\"}{"}', [{ a: "} {" }, { b: '"}{' }]],
    ['{"a": 1}\n---\n{"b": 2}', [{ a: 1 }, { b: 2 }]],
    ['{"a": 1}\n{"b": ', [{ a: 1 }, "broken"]],
    ['{\n\t"a": [\n\t\t1\n\t]\n}\n', [{ a: [1] }]],
    ["{a: '} {'}", [{ a: "} {" }]], // YAML, not JSON
    ["{a: 1} # } {\n", [{ a: 1 }]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(values(text), expected, JSON.stringify(text));
});

test("split: lines before a document", () => {
  const pieces = splitDocuments("# one\n---\na: 1\n\n---\n---\nb: 2\n---\nc: 3\n");
  assert.deepEqual(pieces.map(({ linesBefore }) => linesBefore), [1, 5, 7]);
  assert.deepEqual(splitDocuments('{"a":\n1}\n{"b": 2}').map(({ linesBefore }) => linesBefore), [0, 1]);
});

test("split: nothing is lost and nothing is counted twice", () => {
  const line = fc.constantFrom(
    "---",
    "...",
    "a: 1",
    "# c",
    "%YAML 1.2",
    "",
    "  b",
    "--- |",
    "{",
    "}",
    '"',
    "x\r",
    "\t",
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join("\n");
      const pieces = splitDocuments(text);
      for (const { text: piece, linesBefore } of pieces) {
        // A piece may begin in the middle of a line, behind a JSON value, but never in another line.
        const lineStart = linesBefore === 0
          ? 0
          : text.split("\n").slice(0, linesBefore).join("\n").length + 1;
        const found = text.indexOf(piece, lineStart);
        assert.ok(found >= 0, JSON.stringify([text, piece]));
        assert.equal(countLines(text.slice(0, found)), linesBefore, JSON.stringify([text, piece]));
      }
      assert.ok(pieces.reduce((sum, piece) => sum + countLines(piece.text), 0) <= countLines(text));
    }),
    { examples: [[["{", "}", "{"]]] },
  );
});
