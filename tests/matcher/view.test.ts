import assert from "node:assert/strict";
import { test } from "node:test";
import { type PlainRequest, requestOf, viewRequest } from "../../src/matcher/view.ts";

function view(plain: Partial<PlainRequest>) {
  return viewRequest(
    { method: "GET", target: "/", headers: [["Host", "a.com"]], peer: "10.9.9.9", ...plain },
    [],
  );
}

test("a view has everything in normal form", () => {
  const result = view({ target: "/a//b%20c?x=1", headers: [["Host", "A.com:80"], ["X-Env", " é "]] });
  assert.ok(result.ok);
  const { header, ...rest } = result.request;
  assert.deepEqual(rest, {
    method: "GET",
    host: "a.com",
    path: "/a/b c",
    query: "x=1",
    sourceAddress: "10.9.9.9",
  });
  assert.equal(header("x-env"), "\xc3\xa9");
  assert.equal(header("x-none"), undefined);
});

test("the authority of an absolute target wins over Host, and _ stands for none", () => {
  const absolute = view({ target: "http://b.com/x" });
  assert.ok(absolute.ok);
  assert.equal(absolute.request.host, "b.com");
  assert.equal(absolute.request.path, "/x");
  const none = view({ headers: [] });
  assert.ok(none.ok);
  assert.equal(none.request.host, "_");
});

test("requests that are answered 400 say why", () => {
  const cases: readonly (readonly [Partial<PlainRequest>, RegExp])[] = [
    [{ target: "/../x" }, /target "\/\.\.\/x"/],
    [{ target: "a.com:443" }, /target/],
    [{ target: "http://u@a.com/" }, /host "u@a.com"/],
    [{ headers: [["Host", "a b"]] }, /host "a b"/],
    [{ headers: [["Host", ""]] }, /host ""/],
    [{ headers: [["Host", "a.com"], ["host", "a.com"]] }, /more than one Host/],
  ];
  for (const [plain, reason] of cases) {
    const result = view(plain);
    assert.ok(!result.ok);
    assert.match(result.reason, reason);
  }
});

test("a URL becomes what curl sends", () => {
  assert.deepEqual(requestOf("http://a.com:8080/x?y#z", []), {
    target: "/x?y#z",
    headers: [["Host", "a.com:8080"]],
  });
  assert.deepEqual(requestOf("http://a.com", []), { target: "/", headers: [["Host", "a.com"]] });
  assert.deepEqual(requestOf("http://a.com?q", []), { target: "/?q", headers: [["Host", "a.com"]] });
  assert.deepEqual(requestOf("http://127.0.0.1/", [["hOst", "b.com"]]), {
    target: "/",
    headers: [["hOst", "b.com"]],
  });
  assert.deepEqual(requestOf("/x", []), { target: "/x", headers: [] });
});
