import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { redirect } from "../../src/middlewares/redirect.ts";
import type { RedirectFilter } from "../../src/table/filters.ts";
import { acting, fakeExchange, type FakeOptions, run } from "./exchange.ts";

const NOTHING: RedirectFilter = {
  type: "redirect",
  code: 302,
  url: null,
  scheme: null,
  host: null,
  port: null,
  prefix: null,
};

async function answer(filter: Partial<RedirectFilter>, request: FakeOptions = {}): Promise<Response> {
  const exchange = fakeExchange({ authority: "a.com", path: "/", ...request });
  const outcome = await run(acting(redirect({ ...NOTHING, ...filter })), exchange);
  assert(!outcome.next);
  return outcome.response;
}

async function locate(filter: Partial<RedirectFilter>, request: FakeOptions = {}): Promise<string | null> {
  return (await answer(filter, request)).headers.get("location");
}

describe("redirect", () => {
  for (const code of [301, 302, 303, 307, 308] as const) {
    it(`answers ${code} with a page that says so`, async () => {
      const response = await answer({ code, url: "/x" });
      assert.equal(response.status, code);
      assert.match(await response.text(), new RegExp(`<h1>${code} \\w`));
    });
  }

  it("sends a lone url as it is, whatever the request was", async () => {
    const request = { path: "/y", query: "q" };
    assert.equal(await locate({ url: "/x" }, request), "/x");
    assert.equal(await locate({ url: "https://b.com/x?y" }, request), "https://b.com/x?y");
    assert.equal(await locate({ url: "https://b.com/x", scheme: "http" }, request), "https://b.com/x");
  });

  it("makes ASCII of what is configured, and never a second line", async () => {
    assert.equal(await locate({ url: "/café\r\nX-Evil: 1" }), "/caf%C3%A9%0D%0AX-Evil:%201");
    assert.equal(await locate({ url: "/\ud800" }), "/%EF%BF%BD");
  });

  it("changes the parts that are given and keeps the others", async () => {
    const request = { path: "/a b", query: "q=1", authority: "a.com:81" };
    assert.equal(await locate({ scheme: "https" }, request), "https://a.com/a%20b?q=1");
    assert.equal(await locate({ port: 80 }, request), "http://a.com:80/a%20b?q=1");
    assert.equal(await locate({ host: "2001:db8::1", port: 1 }, request), "http://[2001:db8::1]:1/a%20b?q=1");
    assert.equal(await locate({ host: "b.com", url: "x" }, request), "http://b.com/x?q=1");
    assert.equal(await locate({ host: "b.com", url: "/x?y" }, request), "http://b.com/x?y");
  });

  it("puts the query in front of a configured fragment", async () => {
    const request = { path: "/y", query: "q=1" };
    assert.equal(await locate({ url: "/x#top", scheme: "https" }, request), "https://a.com/x?q=1#top");
    assert.equal(await locate({ url: "/x#a?b", scheme: "https" }, request), "https://a.com/x?q=1#a?b");
    assert.equal(await locate({ url: "/x?y#a", scheme: "https" }, request), "https://a.com/x?y#a");
    assert.equal(await locate({ url: "/x#top", scheme: "https" }, { path: "/y" }), "https://a.com/x#top");
    assert.equal(await locate({ scheme: "https" }, { path: "/a#b", query: "q" }), "https://a.com/a%23b?q");
  });

  it("that would lead to itself is a fault, not a loop", async () => {
    const prefix = { match: "/old/", replacement: "/new/" };
    await assert.rejects(async () => await locate({ prefix }, { path: "/old" }), { code: "INVALID_ACTION" });
    assert.equal(await locate({ prefix, scheme: "https" }, { path: "/old" }), "https://a.com/old");
  });

  it("replaces prefixes of the request's path, or of the configured one", async () => {
    const prefix = { match: "/old", replacement: "/new/" };
    assert.equal(
      await locate({ prefix }, { path: "/old/x", authority: "a.com:81" }),
      "http://a.com:81/new/x",
    );
    assert.equal(
      await locate({ prefix, host: "b.com", url: "/old/y" }, { path: "/x" }),
      "http://b.com/new/y",
    );
    assert.equal(await locate({ prefix }, { path: "/older" }), "http://a.com/new/er");
  });

  it("without a host is relative, unless it would lead to itself", async () => {
    const request = { authority: "", host: "_", path: "/old" };
    assert.equal(await locate({ prefix: { match: "/old", replacement: "" } }, request), "/");
    await assert.rejects(async () => await locate({ scheme: "https" }, request), { code: "BAD_REQUEST" });
  });
});
