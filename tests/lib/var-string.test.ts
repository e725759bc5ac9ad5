/** Texts with variables: the examples of data-plane spec 4.2, and that nothing is lost. */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { parseVarString, variableOf, variablesOf } from "../../src/lib/var-string.ts";

const EXAMPLES: readonly [text: string, pieces: readonly string[]][] = [
  ["$x-$xx$s dd", ["$x", "-", "$xx", "$s", " dd"]],
  ["http://${host}{x}", ["http://", "$host", "{x}"]],
  ["  $$$a $~", ["  ", "$", "$", "$a", " ", "$", "~"]],
  ["${open", ["$", "{open"]],
  ["${}${a-b}", ["$", "{}", "$", "{a-b}"]],
  ["\n\t ", []],
  ["", []],
];

for (const [text, pieces] of EXAMPLES) {
  it(`${JSON.stringify(text)} is read`, () => assert.deepEqual(parseVarString(text), pieces));
}

it("the pieces make the text again, and a literal never looks like a variable", () => {
  const part = fc.constantFrom("$", "{", "}", "a", "_1", " ", "~", "é", "$$", "${x}", "$y");
  fc.assert(fc.property(fc.array(part), (parts) => {
    const text = parts.join("");
    const pieces = parseVarString(text);
    if (text.trim() !== "") assert.equal(pieces.join(""), text.replace(/\$\{(\w+)\}/g, "$$$1"));
    for (const piece of pieces) {
      assert.equal(variableOf(piece) !== undefined, /^\$\w+$/.test(piece));
    }
  }));
});

it("variables are listed in order, repeated ones too", () => {
  assert.deepEqual(variablesOf(parseVarString("$b/${a}?$b=$")), ["b", "a", "b"]);
});
