import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { type Clock, TICK_MS, type Timer, TimerWheel } from "../../src/lib/timer-wheel.ts";

/** Time that the test moves: ticks come when they are due, unless the process is held up. */
class ScriptedClock implements Clock {
  time: number;
  running = 0;
  #tick: (() => void) | undefined;
  #next = 0;

  constructor(start = 0) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  every(ms: number, tick: () => void): () => void {
    this.running++;
    this.#tick = tick;
    this.#next = this.time + ms;
    return () => {
      this.running--;
      this.#tick = undefined;
    };
  }

  /** Moves to `time`, ticking on the way. */
  to(time: number): void {
    while (this.#tick !== undefined && this.#next <= time) {
      this.time = Math.max(this.time, this.#next);
      this.#next += TICK_MS;
      this.#tick();
    }
    this.time = time;
  }

  /** The process stood still until `time`; then one tick comes. */
  holdUpTo(time: number): void {
    this.time = time;
    this.#next = time + TICK_MS;
    this.#tick?.();
  }
}

/** A wheel, its clock, and a way to make timers that note when they fired. */
function setUp(start = 0) {
  const clock = new ScriptedClock(start);
  const wheel = new TimerWheel(clock);
  const fired: [name: string, at: number][] = [];
  const timer = (name: string, then?: () => void): Timer =>
    wheel.timer(() => {
      fired.push([name, clock.time]);
      then?.();
    });
  return { clock, wheel, fired, timer };
}

describe("TimerWheel", () => {
  it("fires once, not before its time and at most one tick after it", () => {
    for (const ms of [0, 1, 24, 25, 26, 49, 50, 51, 1000, 25 * 1024, 25 * 1024 + 1, 100_000]) {
      for (const start of [0, 7, 12.5, 25, 1_000_003]) {
        const { clock, fired, timer } = setUp(start);
        timer("a").arm(ms);
        clock.to(start + ms + 10 * TICK_MS);
        assert.equal(fired.length, 1, `${ms} ms from ${start}`);
        const late = fired[0]![1] - (start + ms);
        assert.ok(late >= 0 && late <= 2 * TICK_MS, `${ms} ms from ${start}: ${late} ms late`);
      }
    }
  });

  it("a cancelled timer does not fire; arming again moves it", () => {
    const { clock, fired, timer } = setUp();
    const cancelled = timer("cancelled");
    cancelled.arm(100);
    cancelled.cancel();
    cancelled.cancel();
    const moved = timer("moved");
    moved.arm(100);
    clock.to(80);
    moved.arm(100);
    clock.to(170);
    assert.equal(fired.length, 0);
    clock.to(300);
    assert.deepEqual(fired.map(([name]) => name), ["moved"]);
    assert.equal(moved.armed, false);
  });

  it("ticks only while a timer is armed", () => {
    const { clock, timer } = setUp();
    assert.equal(clock.running, 0);
    const one = timer("one");
    one.arm(100);
    timer("two").arm(50);
    assert.equal(clock.running, 1);
    clock.to(75);
    one.cancel();
    clock.to(150);
    assert.equal(clock.running, 0);
    one.arm(10);
    assert.equal(clock.running, 1);
    clock.to(250);
    assert.equal(clock.running, 0);
  });

  it("a process that was held up fires everything that is due, long ring rounds included", () => {
    const { clock, fired, timer } = setUp();
    for (const ms of [10, 1000, 20_000, 26_000, 60_000]) timer(`${ms}`).arm(ms);
    clock.holdUpTo(30_000);
    assert.deepEqual(fired.map(([name]) => name).sort(), ["10", "1000", "20000", "26000"]);
    clock.to(60_100);
    assert.equal(fired.length, 5);
  });

  it("a callback may arm its own timer again, also for now", () => {
    const { clock, fired, timer } = setUp();
    let left = 3;
    const again: Timer = timer("again", () => {
      if (left-- > 0) again.arm(0);
    });
    again.arm(25);
    clock.to(400);
    assert.equal(fired.length, 4);
    assert.ok(fired.at(-1)![1] <= 200, `${fired.at(-1)}`);
  });

  it("a callback may cancel or move timers that are due with it", () => {
    const { clock, fired, timer } = setUp();
    const first = timer("first", () => {
      second.cancel();
      third.arm(100);
    });
    const second = timer("second");
    const third = timer("third");
    for (const each of [first, second, third]) each.arm(30);
    clock.to(60);
    assert.deepEqual(fired.map(([name]) => name), ["first"]);
    clock.to(300);
    assert.deepEqual(fired.map(([name]) => name), ["first", "third"]);
  });

  it("a timer armed on a tick's very moment, after the tick, is not a round late", () => {
    const { clock, fired, timer } = setUp();
    timer("keeps ticking").arm(10_000);
    clock.to(100);
    timer("now").arm(0);
    clock.to(175);
    assert.deepEqual(fired.map(([name]) => name), ["now"]);
  });

  it("property: any mix of arming, cancelling and waiting fires each timer once, in time", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("arm" as const), index: fc.nat(5), ms: fc.nat(60_000) }),
      fc.record({ kind: fc.constant("cancel" as const), index: fc.nat(5), ms: fc.constant(0) }),
      fc.record({ kind: fc.constant("wait" as const), index: fc.constant(0), ms: fc.nat(30_000) }),
      fc.record({ kind: fc.constant("hold up" as const), index: fc.constant(0), ms: fc.nat(60_000) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), fc.nat(1000), (steps, start) => {
      const { clock, fired, timer } = setUp(start);
      const timers = Array.from({ length: 6 }, (_, index) => timer(`${index}`));
      const due = new Map<string, number>();
      /** Everything that fired was due, and nothing that is long due has not fired. */
      function check(heldUp: boolean): void {
        for (const [name, at] of fired.splice(0)) {
          const deadline = due.get(name);
          assert.ok(deadline !== undefined, `timer ${name} was not armed`);
          assert.ok(at >= deadline, `timer ${name} fired ${deadline - at} ms early`);
          assert.ok(heldUp || at - deadline <= 2 * TICK_MS, `timer ${name} fired ${at - deadline} ms late`);
          due.delete(name);
        }
        for (const [name, deadline] of due) {
          assert.ok(clock.time - deadline <= 2 * TICK_MS, `timer ${name} did not fire`);
        }
      }
      for (const { kind, index, ms } of steps) {
        if (kind === "arm") {
          timers[index]!.arm(ms);
          due.set(`${index}`, clock.time + ms);
        } else if (kind === "cancel") {
          timers[index]!.cancel();
          due.delete(`${index}`);
        } else if (kind === "wait") {
          clock.to(clock.time + ms);
          check(false);
        } else {
          clock.holdUpTo(clock.time + ms);
          check(true);
        }
      }
      clock.to(clock.time + 70_000);
      check(false);
      assert.equal(due.size, 0);
      assert.equal(clock.running, 0);
    }));
  });
});
