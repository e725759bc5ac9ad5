import assert from "node:assert/strict";
import { test } from "node:test";
import { cookieValue } from "../../src/lib/cookie.ts";

test("cookies: name without regard to case, raw value", () => {
  const cases: readonly (readonly [header: string, name: string, value: string | undefined])[] = [
    ["", "a", undefined],
    ["a=1", "a", "1"],
    ["A=1", "a", "1"],
    ["x=0; Sid=abc; a=1", "sid", "abc"],
    ["x=0;a=1", "a", "1"],
    ["a=1; a=2", "a", "1"],
    ["a=", "a", ""],
    ["a=; b=1", "a", ""],
    ["a", "a", undefined],
    ["a; b=1", "b", "1"],
    ["ab=1", "a", undefined],
    ["ba=1", "a", undefined],
    ['a="x y"', "a", '"x y"'],
    ["a=b=c", "a", "b=c"],
    ["a=%41,x", "a", "%41,x"],
    [" \t a = 1", "a", "1"],
    ["b=a=1", "a", undefined],
    [";;a=1;", "a", "1"],
    ["a ;b=1", "a", undefined],
    ["\u212a=1", "k", undefined], // the Kelvin sign folds into k, but not here
    ["[=1", "{", undefined],
  ];
  for (const [header, name, value] of cases) {
    assert.equal(cookieValue(header, name), value, `${header} ${name}`);
  }
});
