/** Values that are put into URLs stay where they were put. */
import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { escapeBytes, escapeComponent, escapeUrl } from "../../src/lib/url-escape.ts";
import { decodeUtf8, encodeUtf8 } from "../../src/lib/utf8.ts";

const bytes = fc.array(fc.integer({ min: 0, max: 255 })).map((codes) => String.fromCharCode(...codes));

it("a component is escaped as ngx.escape_uri does", () => {
  assert.equal(escapeComponent("/abc?x=1&y='(é)*!~"), "%2Fabc%3Fx%3D1%26y%3D%27%28%E9%29%2A%21~");
});

it("a component has no structure left, and decodes to what it was", () => {
  fc.assert(fc.property(bytes, (text) => {
    const escaped = escapeComponent(text);
    assert.match(escaped, /^[A-Za-z0-9\-._~%]*$/);
    const decoded = escaped.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    assert.equal(decoded, text);
  }));
});

it("a URL keeps its structure and its escapes, but nothing gets out of it", () => {
  assert.equal(escapeUrl("/a%20b?x=1&y[]=2"), "/a%20b?x=1&y[]=2");
  assert.equal(escapeUrl('/a b#c"<>\\^`{|}\r\n'), "/a%20b%23c%22%3C%3E%5C%5E%60%7B%7C%7D%0D%0A");
  assert.equal(escapeBytes("http://a/#b c"), "http://a/#b%20c");
});

it("text becomes bytes and the bytes the same text, whatever the bytes were", () => {
  fc.assert(fc.property(bytes, (text) => assert.equal(encodeUtf8(decodeUtf8(text)), text)));
  assert.equal(encodeUtf8("é€😀"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
});
