import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { escapeControls, jsonText, nginxText } from "../../src/telemetry/escape.ts";

/** UTF-8 text as a parser of heads hands it on: one byte a character. */
function wire(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

const byteText = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
});
const CONTROL = /\p{Cc}|\u2028|\u2029/u;

describe("text in logs", () => {
  it("is written as nginx writes it", () => {
    assert.equal(nginxText("curl/8.1 (a; b)"), "curl/8.1 (a; b)");
    assert.equal(nginxText('a"b\\c\n\x7f'), "a\\x22b\\x5Cc\\x0A\\x7F");
    assert.equal(nginxText(wire("é")), "\\xC3\\xA9");
  });

  it("is JSON with UTF-8 read as such", () => {
    assert.equal(jsonText("/a?b=c"), '"/a?b=c"');
    assert.equal(jsonText('a"b\\c\n'), '"a\\"b\\\\c\\n"');
    assert.equal(jsonText(wire("/straße")), '"/straße"');
    assert.equal(jsonText("\x1b[31m\x9b31m"), '"\\u001b[31m\\udc9b31m"');
  });

  it("never holds a control character, and stays one JSON string", () => {
    fc.assert(fc.property(byteText, (text) => {
      const json = jsonText(text);
      assert.ok(!CONTROL.test(json) && !CONTROL.test(nginxText(text)) && !CONTROL.test(escapeControls(text)));
      assert.equal(typeof JSON.parse(json), "string");
    }));
  });

  it("of valid UTF-8 comes back from JSON", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(JSON.parse(jsonText(wire(text))), text);
    }));
  });
});
