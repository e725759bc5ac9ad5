import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseFieldPath } from "../../src/resources/field-path.ts";
import { placeOf, writtenScalar } from "../../src/sources/places.ts";

const TEXT = `--- # a document
kind: Rule
metadata: {name: a, "a.b/c": x}
spec:
  dslx:
    - type: URL
      values:
        - [EQ, 1.10]
        - - IN
          - "quoted"
  empty:
  alias: *x
  block: |
    text
`;

test("places: of fields, and of the nearest parent of what is missing", () => {
  const cases: readonly (readonly [path: string, place: string])[] = [
    ["", "2:1"],
    ["kind", "2:7"],
    ["metadata", "3:11"],
    ["metadata.name", "3:18"],
    ['metadata["a.b/c"]', "3:30"],
    ["spec.dslx", "6:5"],
    ["spec.dslx[0]", "6:7"],
    ["spec.dslx[0].values[0]", "8:11"],
    ["spec.dslx[0].values[0][1]", "8:16"],
    ["spec.dslx[0].values[1][1]", "10:14"],
    ["spec.dslx[0].values[7]", "8:9"],
    ["spec.dslx[0].key", "6:7"],
    ["spec.empty", "11:3"],
    ["spec.alias", "12:11"],
    ["spec.alias.x.y", "12:11"],
    ["spec.missing", "5:3"],
    ["missing", "2:1"],
    ["kind.x", "2:7"],
  ];
  for (const [path, place] of cases) {
    const { line, column } = placeOf(TEXT, parseFieldPath(path));
    assert.equal(`${line}:${column}`, place, path);
  }
});

test("places: scalars as they were written", () => {
  assert.equal(writtenScalar(TEXT, ["spec", "dslx", 0, "values", 0, 1]), "1.10");
  assert.equal(writtenScalar(TEXT, ["spec", "dslx", 0, "values", 1, 1]), undefined);
  assert.equal(writtenScalar(TEXT, ["spec", "dslx"]), undefined);
  assert.equal(writtenScalar(TEXT, ["missing"]), undefined);
});

test("places: every value of a JSON text is found where it stands", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify({ value }, null, 1);
    const lines = text.split("\n");
    function check(part: unknown, path: (string | number)[]): void {
      const { line, column } = placeOf(text, path);
      const rest = lines[line - 1]?.slice(column - 1) ?? "";
      if (typeof part !== "object" || part === null) {
        const shown = JSON.stringify(part);
        // A string is found inside its quotes.
        assert.ok(rest.startsWith(typeof part === "string" ? shown.slice(1) : shown), `${rest} ${shown}`);
      } else {for (const [key, child] of Object.entries(part)) {
          check(child, [...path, Array.isArray(part) ? +key : key]);
        }}
    }
    check({ value }, []);
  }));
});
