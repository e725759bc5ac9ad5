import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { Slot } from "../../src/workers/slot.ts";
import { Watchdog } from "../../src/workers/watchdog.ts";

const NEVER = new Promise<string>(() => {});

function passSeconds(watchdog: Watchdog, seconds: number): Slot[] {
  let hanging: Slot[] = [];
  for (let i = 0; i < seconds; i++) hanging = watchdog.pass(1000);
  return hanging;
}

describe("Watchdog", () => {
  it("names a worker that is silent for half a minute", () => {
    const watchdog = new Watchdog();
    const [silent, answering] = [new Slot(1), new Slot(2)];
    watchdog.expect(silent);
    watchdog.expect(answering);
    assert.deepEqual(passSeconds(watchdog, 20), []);
    watchdog.heard(answering);
    watchdog.expect(answering);
    assert.deepEqual(passSeconds(watchdog, 9), []);
    assert.deepEqual(passSeconds(watchdog, 1), [silent]);
    assert.deepEqual([watchdog.expects(silent), watchdog.expects(answering)], [true, true]);
    watchdog.heard(silent);
    assert.equal(watchdog.expects(silent), false);
    assert.deepEqual(passSeconds(watchdog, 1), []);
  });

  it("gives one that starts two minutes", () => {
    const watchdog = new Watchdog();
    const slot = new Slot(1);
    watchdog.expect(slot, true);
    assert.deepEqual(passSeconds(watchdog, 119), []);
    assert.deepEqual(passSeconds(watchdog, 1), [slot]);
  });

  it("gives one that takes a table two minutes, and tells only who has not taken the last one", async () => {
    const watchdog = new Watchdog();
    const [lost, slow] = [new Slot(1), new Slot(2)];
    const { promise: first, resolve } = Promise.withResolvers<void>();
    const early = watchdog.expectApplied(slow, first);
    void watchdog.expectApplied(lost, NEVER);
    assert.deepEqual(passSeconds(watchdog, 119), []);
    const { promise: second, resolve: resolveSecond } = Promise.withResolvers<void>();
    const late = watchdog.expectApplied(slow, second);
    resolve();
    await early;
    assert.equal(watchdog.isApplying(slow), true);
    assert.deepEqual(passSeconds(watchdog, 1), [lost]);
    resolveSecond();
    await late;
    assert.equal(watchdog.isApplying(slow), false);
  });

  it("waits for answers, but not for those of workers that are silent for seconds", async () => {
    const watchdog = new Watchdog();
    const [silent, answering] = [new Slot(1), new Slot(2)];
    assert.equal(await watchdog.answerOf(answering, Promise.resolve("yes")), "yes");
    const early = watchdog.answerOf(silent, NEVER);
    watchdog.expect(silent);
    watchdog.expect(answering);
    passSeconds(watchdog, 2);
    watchdog.heard(answering);
    const pending = watchdog.answerOf(answering, new Promise((resolve) => setTimeout(resolve, 20, "late")));
    passSeconds(watchdog, 1);
    assert.equal(await early, undefined);
    assert.equal(await watchdog.answerOf(silent, NEVER), undefined);
    assert.equal(await pending, "late");
  });

  it("passes on the error of an answer", async () => {
    await assert.rejects(new Watchdog().answerOf(new Slot(1), Promise.reject(new Error("no"))), /no/);
  });
});
