import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { atOnce } from "../../src/lib/steps.ts";
import { deepest, linkAncestors, newTrie, nodeOf } from "../../src/matcher/trie.ts";

const key = fc.array(fc.constantFrom("a", "b", "/", "ab", "\u00e9", "\u{1f426}"), { maxLength: 5 })
  .map((parts) => parts.join(""));

for (const fromEnd of [false, true]) {
  test(`property: finds all keys that a text ${fromEnd ? "ends" : "starts"} with, the longest first`, () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 12 }), key, (keys, text) => {
        const trie = newTrie<string>();
        for (const each of keys) {
          nodeOf(trie, fromEnd ? each.split("").reverse().join("") : each).value = each;
        }
        atOnce(linkAncestors(trie));
        const found: string[] = [];
        for (let node = deepest(trie, text, fromEnd); node !== null; node = node.up) {
          assert.equal(node.depth, node.value!.length);
          found.push(node.value!);
        }
        const expected = [...new Set(keys)]
          .filter((each) => fromEnd ? text.endsWith(each) : text.startsWith(each))
          .sort((a, b) => b.length - a.length);
        assert.deepEqual(found, expected);
      }),
      { numRuns: 10_000 },
    );
  });
}
