import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { rewrite } from "../../src/middlewares/rewrite.ts";
import type { RewriteFilter } from "../../src/table/filters.ts";
import { acting, fakeExchange, run } from "./exchange.ts";

async function rewritten(filter: RewriteFilter["path"], path: string): Promise<string | undefined> {
  let result: string | undefined;
  const exchange = fakeExchange({ path, rewritePath: (text) => void (result = text) });
  await run(acting(rewrite({ type: "rewrite", path: filter })), exchange);
  return result;
}

const regex = (base: string, target: string) => ({ kind: "regex", base, target }) as const;

describe("rewrite", () => {
  for (
    const [base, target, path, expected] of [
      ["/es_proxy(/|$)(.*)", "/$2", "/es_proxy/v1", "/v1"],
      ["/es_proxy(/|$)(.*)", "/$2", "/es_proxyfoo", undefined],
      ["/foo", "/", "/foo/x", "//x"],
      ["/(a)(b)?", "/$1-${2}-$0-$$-$9", "/a", "/a--/a-$-"],
      ["/A", "/b", "/a", undefined],
      ["b", "c", "/b/b", "/c/b"],
      ["/x(.*)", "$1", "/x", "/"],
      ["/x/(.*)", "$1", "/x/y", "/y"],
    ] as const
  ) {
    it(`${base} → ${target} makes ${expected ?? "nothing"} of ${path}`, async () => {
      assert.equal(await rewritten(regex(base, target), path), expected);
    });
  }

  it("replaces a whole path and a prefix", async () => {
    assert.equal(await rewritten({ kind: "full", target: "/$1" }, "/x"), "/$1");
    assert.equal(await rewritten({ kind: "prefix", prefix: "/a", replacement: "/b/" }, "/a/c"), "/b/c");
    assert.equal(await rewritten({ kind: "prefix", prefix: "/a", replacement: "/b" }, "/c"), undefined);
  });

  it("never makes dot segments: property over what captures hold", async () => {
    const part = fc.string({ unit: fc.constantFrom(".", "..", "/", ";", "\\", "a"), maxLength: 5 });
    await fc.assert(fc.asyncProperty(part, part, async (left, right) => {
      const path = `/${left}x${right}`;
      try {
        const result = await rewritten(regex("^/(.*)x(.*)$", "/$1$2"), path) ?? "/";
        assert.doesNotMatch(result, /(^|[/\\])\.\.?([/\\;]|$)/);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "BAD_REQUEST");
      }
    }));
  });
});
