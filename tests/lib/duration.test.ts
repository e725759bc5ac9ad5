import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDuration } from "../../src/lib/duration.ts";

test("duration: units, sums, and numbers that are seconds", () => {
  const cases: readonly (readonly [text: string, ms: number | undefined])[] = [
    ["75s", 75_000],
    ["75", 75_000],
    ["0", 0],
    ["0s", 0],
    ["500ms", 500],
    ["30m", 1_800_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    [" 60m ", 3_600_000],
    ["2d", 172_800_000],
    ["1w", 604_800_000],
    ["5w", undefined], // longer than a timer can wait
    ["", undefined],
    ["s", undefined],
    ["-1s", undefined],
    ["1.5s", undefined],
    ["1x", undefined],
    ["1 2", undefined],
    ["75 seconds", undefined],
    ["10S", undefined],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

test("duration: any text is read or refused, and never makes a time that a timer cannot wait", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(..."0123456789mshdw ") }), (text) => {
    const ms = parseDuration(text);
    assert.ok(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms < 2 ** 31), `${text}: ${ms}`);
  }));
});
