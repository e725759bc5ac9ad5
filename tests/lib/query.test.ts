import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { firstParam, rawParam } from "../../src/lib/query.ts";

test("the first value of a parameter is decoded", () => {
  const cases: readonly (readonly [query: string, name: string, value: string | undefined])[] = [
    ["", "a", undefined],
    ["a=1", "a", "1"],
    ["b=2&a=1", "a", "1"],
    ["a=1&a=2", "a", "1"],
    ["a", "a", ""],
    ["a&a=2", "a", ""],
    ["a=", "a", ""],
    ["ab=1", "a", undefined],
    ["A=1", "a", undefined],
    ["a=b=c", "a", "b=c"],
    ["&&a=1&", "a", "1"],
    ["x&y&a=1", "a", "1"],
    ["a=x+y", "a", "x y"],
    ["a=x%20y%2Bz", "a", "x y+z"],
    ["%61=1", "a", "1"],
    ["x+y=1", "x y", "1"],
    ["x%3Dy=1", "x=y", "1"],
    ["a=%", "a", "%"],
    ["a=%zz%41", "a", "%zzA"],
    ["a=caf%C3%A9", "a", "café"],
    ["%C3%A9=1", "é", "1"],
    ["a=%ff", "a", "\udcff"],
    ["a=1?b=2", "a", "1?b=2"],
    ["a=1;b=2", "b", undefined],
    [`${"x=1&".repeat(500)}a=1`, "a", "1"],
  ];
  for (const [query, name, value] of cases) assert.equal(firstParam(query, name), value, `${query} ${name}`);
});

test("property: agrees with URLSearchParams on UTF-8", () => {
  const text = fc.array(
    fc.constantFrom("a", "b", "=", "&", "+", "%20", "%61", "%3d", "%26", "%c3%a9", "%", "é"),
    {
      maxLength: 12,
    },
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.constantFrom("a", "b", "aa", "a b", "é", "%"), (query, name) => {
      // URLSearchParams takes text where the wire has bytes, and replaces bytes that are not UTF-8.
      const wire = query.replaceAll("é", "\xc3\xa9");
      const expected = new URLSearchParams(query).get(name) ?? undefined;
      if (!expected?.includes("\ufffd")) assert.equal(firstParam(wire, name), expected);
    }),
    { numRuns: 20_000 },
  );
});

test("rawParam gives values as nginx's $arg_ has them: not decoded, names in any case", () => {
  const cases: [query: string, name: string, value: string | undefined][] = [
    ["id=c1", "id", "c1"],
    ["a=%20+&ID=x=y&id=z", "id", "x=y"],
    ["id=", "id", ""],
    ["id&id=2", "id", "2"],
    ["id", "id", undefined],
    ["xid=1&id2=2", "id", undefined],
    ["", "id", undefined],
  ];
  for (const [query, name, value] of cases) assert.equal(rawParam(query, name), value, `${query} ${name}`);
});
