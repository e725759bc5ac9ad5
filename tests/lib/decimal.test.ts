import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareDecimals, parseDecimal } from "../../src/lib/decimal.ts";

function compare(a: string, b: string): number {
  return Math.sign(compareDecimals(parseDecimal(a)!, parseDecimal(b)!));
}

test("decimals are compared by value", () => {
  assert.equal(compare("9", "10"), -1);
  assert.equal(compare("010", "10"), 0);
  assert.equal(compare("1.50", "1.5"), 0);
  assert.equal(compare("1.09", "1.1"), -1);
  assert.equal(compare("-2", "-1"), -1);
  assert.equal(compare("-0.0", "0"), 0);
  assert.equal(compare("9007199254740993", "9007199254740992"), 1);
  for (const text of ["", "-", "1.", ".5", "+1", "1e3", "0x10", " 1", "1,5", "١"]) {
    assert.equal(parseDecimal(text), null);
  }
});

test("property: order agrees with numbers", () => {
  const cents = fc.integer({ min: -100_000, max: 100_000 });
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      assert.equal(compare((a / 100).toFixed(2), (b / 100).toFixed(2)), Math.sign(a - b));
    }),
    { numRuns: 5000 },
  );
});
