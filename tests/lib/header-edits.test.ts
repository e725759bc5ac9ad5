/** Changes to the fields of a message. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fieldKey, HeaderEdits } from "../../src/lib/header-edits.ts";

describe("HeaderEdits.apply", () => {
  it("gives what is left of a field after the edits", () => {
    const edits = new HeaderEdits();
    assert.equal(edits.apply("x-a", "0"), "0");
    edits.add("X-A", "1");
    assert.equal(edits.apply("x-a", "0"), "0, 1");
    edits.set("x-a", "2");
    assert.equal(edits.apply("x-a", "0"), "2");
    edits.remove("X-A");
    assert.equal(edits.apply("x-a", "0"), undefined);
  });

  it("takes all spellings of a name for one", () => {
    const edits = new HeaderEdits();
    edits.add("X_User", "spelt");
    assert.equal(edits.apply("x-user", undefined), "spelt");
    edits.remove("X-User");
    assert.equal(edits.apply("x_user", "0"), undefined);
    assert.equal(edits.lines(), "");
  });

  it("joins cookies by semicolons", () => {
    const edits = new HeaderEdits();
    edits.add("Cookie", "b=2");
    assert.equal(edits.apply("cookie", "a=1"), "a=1; b=2");
  });
});

it("fieldKey is one for everything that CGI makes one variable of", () => {
  const spellings = ["X-Auth-User", "x_auth_user", "X.Auth.User", "x-auth_USER", "X~Auth~User"];
  assert.deepEqual(new Set(spellings.map(fieldKey)), new Set(["x-auth-user"]));
});

it("a value is one line", () => {
  const edits = new HeaderEdits();
  edits.set("Location", "/a\r\nSet-Cookie: x=1\0");
  edits.set("Bad Name", "x");
  assert.equal(edits.lines(), "Location: /aSet-Cookie: x=1\r\n");
});
