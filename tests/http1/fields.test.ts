import { describe, it } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { FieldId, fieldIdOf } from "../../src/http1/known.ts";
import { bytesOf, requestHead } from "./helpers.ts";

function get(lines: string, name: string): string | undefined {
  return requestHead(`GET / HTTP/1.1\r\n${lines}\r\n`)!.fields.get(name);
}

describe("Fields.get", () => {
  it("RFC 9110 5.3: joins lines with a comma, in order, whatever their case", () => {
    assert.equal(get("A: 1\r\nB: 2\r\na: 3\r\n", "a"), "1, 3");
    assert.equal(get("A:\r\nA: 3\r\n", "a"), ", 3");
  });

  it("RFC 6265 5.4: joins cookies with a semicolon", () => {
    assert.equal(get("Cookie: a=1\r\ncookie: b=2\r\n", "cookie"), "a=1; b=2");
  });

  it("takes - and _ for one, and the first line's spelling for all (rulings: field names)", () => {
    assert.equal(get("X_A: 1\r\nX-A: 2\r\nX_A: 3\r\n", "x-a"), "1, 3");
    assert.equal(get("X-A: 2\r\nX_A: 3\r\n", "x-a"), "2");
    assert.equal(get("X-A: 2\r\n", "x_a"), "2");
  });

  it("is undefined when there is none, not when a name is only alike", () => {
    assert.equal(get("AB: 1\r\n", "a"), undefined);
    assert.equal(get("A: 1\r\n", "ab"), undefined);
    // 0x0d and 0x2d, 0x40 and 0x60 differ in the bit that lower-cases letters.
    assert.equal(get("A^B: 1\r\n", "a~b"), undefined);
  });
});

describe("fieldIdOf", () => {
  const idOf = (name: string) => fieldIdOf(bytesOf(name), 0, name.length);

  it("knows fields in any case", () => {
    assert.equal(idOf("Content-Length"), FieldId.CONTENT_LENGTH);
    assert.equal(idOf("TRANSFER-ENCODING"), FieldId.TRANSFER_ENCODING);
    assert.equal(idOf("x-forwarded-for"), FieldId.FORWARDED_FOR);
  });

  it("marks names with _ or another sign for -", () => {
    assert.equal(idOf("Content_Length"), FieldId.CONTENT_LENGTH | FieldId.UNDERSCORED);
    assert.equal(idOf("X-Forwarded_For"), FieldId.FORWARDED_FOR | FieldId.UNDERSCORED);
  });

  it("knows no others", () => {
    const tchar = fc.constantFrom(..."!#$%&'*+-.^_`|~09AZaz");
    const known = /^(content.length|transfer.encoding|host|te|via|date|upgrade|expect|trailer|connection)$/i;
    fc.assert(fc.property(fc.string({ unit: tchar, minLength: 1, maxLength: 17 }), (name) => {
      if (!known.test(name)) assert.equal(idOf(name), FieldId.OTHER, name);
    }));
  });

  it("one character off is another field, unless it is a sign that passes for the dash", () => {
    const names = ["content-length", "transfer-encoding", "connection", "x-forwarded-for", "host"];
    const change = fc.tuple(fc.constantFrom(...names), fc.nat(20), fc.constantFrom(..."!#$%&'*+.^`|~09z"));
    fc.assert(fc.property(change, ([name, place, by]) => {
      const at = place % name.length;
      const passes = name[at] === "-" && !/[0-9a-z]/.test(by);
      const expected = passes ? idOf(name) | FieldId.UNDERSCORED : FieldId.OTHER;
      assert.equal(idOf(name.slice(0, at) + by + name.slice(at + 1)), expected);
    }));
  });
});
