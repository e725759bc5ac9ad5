/** Basic credentials (RFC 7617). */
import assert from "node:assert/strict";
import { it } from "node:test";
import { parseBasicCredentials } from "../../src/lib/basic-credentials.ts";

const basic = (bytes: string) => parseBasicCredentials(`Basic ${btoa(bytes)}`);

it("everything behind the first colon is the password", () => {
  assert.deepEqual(basic("foo:a:b"), { user: "foo", password: "a:b" });
  assert.deepEqual(basic(":"), { user: "", password: "" });
});

it("names are UTF-8, passwords stay bytes", () => {
  assert.deepEqual(basic("\xc3\xa9:\xc3\xa9"), { user: "é", password: "\xc3\xa9" });
});

it("what is wrong is told", () => {
  assert.equal(parseBasicCredentials("Bearer abc"), "scheme");
  assert.equal(parseBasicCredentials("basic Zm9vOmJhcg=="), "scheme");
  assert.equal(parseBasicCredentials("Basic not-even-base64=="), "base64");
  assert.equal(parseBasicCredentials("Basic Zm9vOmJhcg==, Basic Zm9vOmJhcg=="), "base64");
  assert.equal(basic("foo"), "format");
  assert.equal(basic("foo:bar\0"), "format");
  assert.equal(basic("foo\r\n:bar"), "format");
});
