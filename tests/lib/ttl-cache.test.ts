/** A bounded map whose entries expire. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { TtlCache } from "../../src/lib/ttl-cache.ts";

it("entries expire", () => {
  let now = 0;
  const cache = new TtlCache<string>(2, () => now);
  cache.set("a", "1", 10);
  now = 9;
  assert.equal(cache.get("a"), "1");
  now = 10;
  assert.equal(cache.get("a"), undefined);
  assert.equal(cache.size, 0);
});

it("the one that was used least recently makes room", () => {
  const cache = new TtlCache<string>(2, () => 0);
  cache.set("a", "1", 10);
  cache.set("b", "2", 10);
  cache.get("a");
  cache.set("c", "3", 10);
  assert.deepEqual(["a", "b", "c"].map((key) => cache.get(key)), ["1", undefined, "3"]);
  cache.set("a", "4", 10);
  assert.equal(cache.size, 2);
  assert.equal(cache.get("a"), "4");
});
