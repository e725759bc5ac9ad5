import assert from "node:assert/strict";
import { test } from "node:test";
import { createNameResolver, type Lookup, systemLookup, type Timers } from "../../src/sources/names.ts";

/** Time that passes only when told to. */
function createFakeTimers(): Timers & { pass(ms: number): Promise<void>; waiting(): number } {
  const due = new Map<number, { at: number; callback: () => void }>();
  let now = 0;
  let next = 1;
  return {
    setTimeout(callback, ms) {
      due.set(next, { at: now + ms, callback });
      return next++;
    },
    clearTimeout: (handle) => void due.delete(handle as number),
    waiting: () => due.size,
    async pass(ms) {
      now += ms;
      for (const [handle, { at, callback }] of [...due]) {
        if (at > now || !due.delete(handle)) continue;
        callback();
      }
      await settle();
    },
  };
}

/** Lets answers arrive. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** A resolver over `zone`, which a test changes; a missing name fails. */
function setUp(zone: Record<string, readonly string[]>) {
  const asked: string[] = [];
  const lookup: Lookup = async (name) => {
    asked.push(name);
    const found = zone[name];
    if (found === undefined) throw new Error("ENOTFOUND");
    return found;
  };
  const timers = createFakeTimers();
  let changes = 0;
  const resolver = createNameResolver({ lookup, timers, onChange: () => changes++ });
  return { resolver, timers, asked, changes: () => changes };
}

test("names: looked up at once, sorted, IPv4 and IPv6, each once", async () => {
  const { resolver, changes } = setUp({ "a.com": ["10.0.0.2", "fd00::1", "10.0.0.1", "10.0.0.2"] });
  resolver.want(["a.com"]);
  assert.equal(resolver.answers().size, 0);
  await resolver.settled();
  assert.deepEqual(resolver.answers().get("a.com"), ["10.0.0.1", "10.0.0.2", "fd00::1"]);
  assert.equal(changes(), 1);
  resolver.close();
});

test("names: literals are their own answer, without a lookup", async () => {
  const { resolver, asked } = setUp({});
  resolver.want(["10.0.0.1", "fd00::1"]);
  assert.deepEqual([...resolver.answers()], [["10.0.0.1", ["10.0.0.1"]], ["fd00::1", ["fd00::1"]]]);
  await resolver.settled();
  assert.deepEqual(asked, []);
});

test("names: every 30 s again, a change only when the answer is another", async () => {
  const zone: Record<string, string[]> = { "a.com": ["10.0.0.1", "10.0.0.2"] };
  const { resolver, timers, asked, changes } = setUp(zone);
  resolver.want(["a.com"]);
  await settle();
  await timers.pass(29_999);
  assert.equal(asked.length, 1);
  zone["a.com"] = ["10.0.0.2", "10.0.0.1"];
  const before = resolver.answers();
  await timers.pass(1);
  assert.equal(asked.length, 2);
  assert.equal(resolver.answers(), before);
  zone["a.com"] = ["10.0.0.3"];
  await timers.pass(30_000);
  assert.deepEqual(resolver.answers().get("a.com"), ["10.0.0.3"]);
  assert.deepEqual(
    before.get("a.com"),
    ["10.0.0.1", "10.0.0.2"],
    "an answer that was handed out does not change",
  );
  assert.equal(changes(), 2);
  resolver.close();
});

test("names: a failure keeps the last answer and is repeated sooner, then later and later", async () => {
  const zone: Record<string, string[]> = { "a.com": ["10.0.0.1"] };
  const { resolver, timers, asked, changes } = setUp(zone);
  resolver.want(["a.com"]);
  await settle();
  delete zone["a.com"];
  await timers.pass(30_000);
  for (const wait of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    const count = asked.length;
    await timers.pass(wait - 1);
    assert.equal(asked.length, count, `not before ${wait}`);
    await timers.pass(1);
    assert.equal(asked.length, count + 1, `after ${wait}`);
  }
  assert.deepEqual(resolver.answers().get("a.com"), ["10.0.0.1"]);
  assert.equal(changes(), 1);
  zone["a.com"] = ["10.0.0.9"];
  await timers.pass(30_000);
  assert.deepEqual(resolver.answers().get("a.com"), ["10.0.0.9"]);
  delete zone["a.com"];
  await timers.pass(30_000);
  const count = asked.length;
  await timers.pass(1000);
  assert.equal(asked.length, count + 1, "a success forgets the failures before it");
  resolver.close();
});

test("names: no address is a failure", async () => {
  const { resolver } = setUp({ "a.com": [] });
  resolver.want(["a.com", "missing"]);
  await resolver.settled();
  assert.equal(resolver.answers().size, 0);
  resolver.close();
});

test("names: what is not wanted any more is forgotten, what stays is not asked again", async () => {
  const { resolver, timers, asked } = setUp({ "a.com": ["10.0.0.1"], "b.com": ["10.0.0.2"] });
  resolver.want(["a.com", "b.com"]);
  await settle();
  resolver.want(["b.com"]);
  assert.deepEqual([...resolver.answers().keys()], ["b.com"]);
  assert.equal(timers.waiting(), 1);
  await timers.pass(30_000);
  assert.deepEqual(asked, ["a.com", "b.com", "b.com"]);
  resolver.close();
  assert.equal(timers.waiting(), 0);
});

test("names: an answer that arrives too late counts for nothing", async () => {
  let answer: (addresses: string[]) => void = () => {};
  let changes = 0;
  const timers = createFakeTimers();
  const resolver = createNameResolver({
    lookup: () => new Promise((resolve) => answer = resolve),
    timers,
    onChange: () => changes++,
  });
  resolver.want(["a.com"]);
  resolver.close();
  answer(["10.0.0.1"]);
  await settle();
  assert.deepEqual([resolver.answers().size, changes, timers.waiting()], [0, 0, 0]);
});

test("names: the system knows localhost", async () => {
  const addresses = await systemLookup("localhost");
  assert.ok(addresses.includes("127.0.0.1") || addresses.includes("::1"), addresses.join());
});
