import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createDebounce } from "../../src/lib/debounce.ts";

test("debounce: one call for a burst, another for the next", async () => {
  let calls = 0;
  const debounce = createDebounce(() => calls++, 20, 1000);
  for (let i = 0; i < 5; i++) debounce.hint();
  assert.equal(calls, 0);
  await sleep(80);
  assert.equal(calls, 1);
  debounce.hint();
  await sleep(80);
  assert.equal(calls, 2);
});

test("debounce: hints that never pause do not put the call off for ever", async () => {
  let calls = 0;
  const debounce = createDebounce(() => calls++, 10_000, 30);
  debounce.hint();
  await sleep(10);
  debounce.hint();
  await sleep(100);
  assert.equal(calls, 1);
});

test("debounce: a cancelled call does not come", async () => {
  let calls = 0;
  const debounce = createDebounce(() => calls++, 10, 100);
  debounce.hint();
  debounce.cancel();
  await sleep(50);
  assert.equal(calls, 0);
});
