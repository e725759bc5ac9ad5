import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { DialBudget } from "../../src/runtimes/dial-budget.ts";

describe("DialBudget", () => {
  it("does not limit dials that somebody waits for", () => {
    const budget = new DialBudget(2);
    for (let i = 0; i < 100; i++) assert.notEqual(budget.begin("a"), undefined);
  });

  it("an endpoint with too many abandoned dials is dialled one at a time, others are not concerned", () => {
    const budget = new DialBudget(2);
    const abandoned = [budget.begin("a")!, budget.begin("a")!];
    for (const ticket of abandoned) ticket.abandon();
    const probe = budget.begin("a");
    assert.notEqual(probe, undefined);
    assert.equal(budget.begin("a"), undefined);
    assert.notEqual(budget.begin("b"), undefined);
    probe!.settle();
    assert.notEqual(budget.begin("a"), undefined);
  });

  it("an abandoned dial counts once, until the kernel has settled it", () => {
    const budget = new DialBudget(1);
    const ticket = budget.begin("a")!;
    ticket.abandon();
    ticket.abandon();
    const probe = budget.begin("a")!;
    assert.equal(budget.begin("a"), undefined);
    ticket.settle();
    assert.notEqual(budget.begin("a"), undefined);
    probe.settle();
  });
});
