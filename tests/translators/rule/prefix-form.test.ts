/** Prefix form, its length and complexity (data-plane spec 1.4 and 2). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DslxTerm } from "../../../src/resources/rule.ts";
import { complexity, prefixForm, prefixFormLength } from "../../../src/translators/rule/prefix-form.ts";

function term(type: string, values: readonly (readonly string[])[], key = ""): DslxTerm {
  return { type, key, values };
}

describe("prefix form", () => {
  it("is as the specification prints it", () => {
    assert.deepEqual(prefixForm([term("URL", [["STARTS_WITH", "/a"]])]), [["STARTS_WITH", "URL", "/a"]]);
    assert.deepEqual(
      prefixForm([
        term("HOST", [["EQ", "a.com"]]),
        term("URL", [["STARTS_WITH", "/a"], ["STARTS_WITH", "/b"]]),
      ]),
      ["AND", ["EQ", "HOST", "a.com"], ["OR", ["STARTS_WITH", "URL", "/a"], ["STARTS_WITH", "URL", "/b"]]],
    );
  });

  it("keeps the text as it was written, stray keys and all", () => {
    assert.deepEqual(prefixForm([term("URL", [["EQ", "/A"]], "stray")]), [["EQ", "URL", "stray", "/A"]]);
    assert.deepEqual(prefixForm([term("HEADER", [["EXIST"]], "X_A")]), [["EXIST", "HEADER", "X_A"]]);
  });

  it("drops terms without rows, and is null when none is left", () => {
    assert.deepEqual(prefixForm([term("URL", [["EQ", "/"]]), term("COOKIE", [], "c")]), ["AND", [
      "EQ",
      "URL",
      "/",
    ]]);
    assert.equal(prefixForm([]), null);
    assert.equal(prefixForm([term("METHOD", []), term("COOKIE", [], "c")]), null);
  });

  it("has the length that ALB's encoder gives it", () => {
    assert.equal(prefixFormLength([["EQ", "URL", "/a"]]), '[["EQ","URL","/a"]]'.length);
    assert.equal(prefixFormLength([["EQ", "URL", "<&>"]]), '[["EQ","URL",""]]'.length + 18);
    assert.equal(prefixFormLength([["EQ", "URL", "é€😀"]]), '[["EQ","URL",""]]'.length + 2 + 3 + 4);
    assert.equal(prefixFormLength([["EQ", "URL", '"\n']]), '[["EQ","URL",""]]'.length + 4);
    assert.equal(prefixFormLength(null), 0);
  });

  it("has the length of its bytes for every text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const json = JSON.stringify([["EQ", "URL", text]]);
      const escaped = json.split("").filter((character) => /[<>&\u2028\u2029]/.test(character));
      const unescaped = json.replace(/[<>&\u2028\u2029]/g, "");
      const expected = new TextEncoder().encode(unescaped).length + 6 * escaped.length;
      assert.equal(prefixFormLength([["EQ", "URL", text]]), expected);
    }));
  });
});

describe("complexity", () => {
  it("looks at the first row of HOST alone", () => {
    assert.equal(complexity([term("HOST", [["EQ", "a"], ["EQ", "b"]])]), 50_000);
    assert.equal(complexity([term("HOST", [["IN", "a"], ["REGEX", "b"]])]), 50_000);
    assert.equal(complexity([term("HOST", [["ENDS_WITH", "*.a"], ["EQ", "b"]])]), 10_000);
    assert.equal(complexity([term("HOST", [["REGEX", "a"], ["EQ", "b"]])]), 0);
    assert.equal(complexity([term("HOST", [["constructor"]])]), 0);
  });

  it("adds the rows of URL, with the bytes of their argument", () => {
    const rows = [["EQ", "/long/enough"], ["STARTS_WITH", "/é"], ["REGEX", "^/a"], ["IN", "/a", "/b"], [
      "EXIST",
    ]];
    assert.equal(complexity([term("URL", rows)]), 2000 + 1005 + 1003);
  });

  it("counts 100 for each other row", () => {
    assert.equal(
      complexity([term("HEADER", [["EQ", "a"], ["EXIST"]], "x"), term("METHOD", [["IN", "GET"]])]),
      300,
    );
    assert.equal(complexity([]), 0);
  });
});
