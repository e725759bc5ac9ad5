/** The watch for silence: what counts as activity and what does not, on a scripted clock. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { TICK_MS, TimerWheel } from "../../src/lib/timer-wheel.ts";
import { IdleWatch } from "../../src/proxy/idle-watch.ts";

const LIMIT_MS = 1000;

/** A watch that records how long the silence was when it looked at, or beyond, the limit. */
function scripted() {
  let now = 0;
  let tick = (): void => {};
  const wheel = new TimerWheel({ now: () => now, every: (_ms, callback) => (tick = callback, () => {}) });
  const unsent = { pendingBytes: 0 };
  const silences: number[] = [];
  const watch = new IdleWatch(wheel, unsent, {
    look(silentMs) {
      if (silentMs < LIMIT_MS) return LIMIT_MS - silentMs;
      silences.push(silentMs);
      return 0;
    },
  });
  watch.within(LIMIT_MS);
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      now += TICK_MS;
      tick();
    }
  };
  return { watch, unsent, silences, pass };
}

test("idle watch: bytes that all went after the last activity do not put the limit off", () => {
  const { watch, unsent, silences, pass } = scripted();
  unsent.pendingBytes = 300;
  watch.touch();
  unsent.pendingBytes = 0;
  pass(LIMIT_MS + 2 * TICK_MS);
  assert.equal(silences.length, 1);
});

test("idle watch: bytes that the peer takes are activity while some are left", () => {
  const { watch, unsent, silences, pass } = scripted();
  unsent.pendingBytes = 300;
  watch.touch();
  unsent.pendingBytes = 200;
  pass(LIMIT_MS + 2 * TICK_MS);
  assert.equal(silences.length, 0);
});

test("idle watch: bytes that nobody takes are silence", () => {
  const { watch, unsent, silences, pass } = scripted();
  unsent.pendingBytes = 300;
  watch.touch();
  pass(LIMIT_MS + 2 * TICK_MS);
  assert.equal(silences.length, 1);
});
