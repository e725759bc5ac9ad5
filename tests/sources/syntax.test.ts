import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDocument } from "../../src/sources/syntax.ts";

function failure(text: string): string {
  const parsed = parseDocument(text);
  return parsed.ok ? "parsed" : `${parsed.place.line}:${parsed.place.column} ${parsed.message}`;
}

test("syntax: plain values", () => {
  const cases: readonly (readonly [text: string, value: unknown])[] = [
    ["", null],
    ["~", null],
    ["a: yes\nb: on\nc: 2020-01-01\nd: 1_000", { a: "yes", b: "on", c: "2020-01-01", d: "1_000" }],
    ["a: true\nb: 1.5\nc: null\nd:", { a: true, b: 1.5, c: null, d: null }],
    ["x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3", { x: { a: 1, b: 2 }, y: { a: 1, b: 3 } }],
    ["x: &x [1]\ny: *x", { x: [1], y: [1] }],
    ["1: a\ntrue: b", { "1": "a", "true": "b" }],
    ['{"a:": {"b": [{"c": ":"}, ":"]}, "": "\\\\\\":"}', { "a:": { b: [{ c: ":" }, ":"] }, "": '\\":' }],
    ['{"a": "\\u00e4\\/", "b": [1e3, -0.5]}', { a: "ä/", b: [1000, -0.5] }],
  ];
  for (const [text, value] of cases) assert.deepEqual(parseDocument(text), { ok: true, value }, text);
});

test("syntax: what is wrong, and where", () => {
  const cases: readonly (readonly [text: string, failure: string])[] = [
    ["a: 1\na: 2\n", "2:1 duplicated mapping key"],
    ['{"a": 1,\n "a": 2}', "2:3 duplicated mapping key"],
    ['{"a": {"b:": 1, "c\\":": [{}, {"d": ":"}], "c\\":": 2}}', "1:44 duplicated mapping key"],
    ['{"__proto__": 1, "__proto__": 2}', "1:19 duplicated mapping key"],
    ["a: b: c\n", "1:5 bad indentation of a mapping entry"],
    ["a:\n\tb: 1\n", "2:1 tab characters must not be used in indentation"],
    ["ok: 1\nbad: [1, 2\n", "2:11 deficient indentation, or a quote or bracket that is not closed"],
    ["ok: 1\nbad: 'x\n\n\n", "2:8 deficient indentation, or a quote or bracket that is not closed"],
  ];
  for (const [text, expected] of cases) assert.equal(failure(text), expected, text);
});

test("syntax: a message does not quote the text, which may be a secret", () => {
  const cases = [
    "p: *hunter2",
    "p: !hunter2 x",
    "p: !<hunter2> x",
    "p: !!hunter2 x",
    "p: !hunter2!x y",
    "p: !a%hunter2 x",
  ];
  for (const text of [...cases, "p: |hunter2\n", "p: @hunter2", "p: 'hunter2", "p: hunter2: x", "%hunter2"]) {
    const said = failure(text);
    assert.ok(!said.includes("hunter2") && said !== "parsed", `${text}: ${said}`);
  }
});

test("syntax: aliases cannot make a value endless or huge", () => {
  const laughs = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"];
  for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg", "gh"]) {
    laughs.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(", ")}]`);
  }
  const text = "aliases make it endless or many times larger than its text";
  assert.equal(failure(laughs.join("\n")), `1:1 ${text}`);
  assert.equal(failure("a: &a [*a]"), `1:1 ${text}`);
  assert.equal(failure("a: &a {b: *a}"), `1:1 ${text}`);
});

test("syntax: depth is limited", () => {
  assert.equal(parseDocument("[".repeat(50) + "]".repeat(50)).ok, true);
  for (const text of ["[".repeat(100_000), "- ".repeat(100_000), '{"a":'.repeat(100_000)]) {
    assert.match(failure(text), /nesting exceeded maxDepth/);
  }
});

test("syntax: never throws, and JSON means what it says", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."ab:-[]{},&*!|>'\"%@`#? \n\t\r\0~<1.") }), (text) => {
      parseDocument(text);
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.json(), fc.constantFrom(0, 2, "\t"), (json, indent) => {
    const value = JSON.parse(json);
    const parsed = parseDocument(JSON.stringify(value, null, indent));
    assert.ok(parsed.ok);
    assert.equal(JSON.stringify(parsed.value), JSON.stringify(value));
  }));
});
