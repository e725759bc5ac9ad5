/** Modules of users: what is loaded, and who is named when something is wrong with it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HonoKit, loadMiddlewares } from "../../src/middlewares/user.ts";

const SOURCE = { name: "x", path: "./x.ts" };

function load(module: unknown) {
  return loadMiddlewares([SOURCE], () => Promise.resolve(module));
}

describe("a middleware of the user's own", () => {
  it("gets what it needs of Hono, and its options", async () => {
    const seen: unknown[] = [];
    const handler = () => Promise.resolve();
    const registry = await load({
      default: (hono: HonoKit) => (options: unknown) => {
        seen.push(Object.keys(hono).sort(), options);
        return handler;
      },
    });
    assert.equal(registry.get("x")?.({ a: 1 }), handler);
    assert.deepEqual(seen, [["HTTPException", "createMiddleware", "getCookie", "setCookie"], { a: 1 }]);
  });

  const fail = (reason: unknown) => () => {
    throw reason;
  };
  for (
    const [what, module, message] of [
      ["has no default export", { other: 1 }, "./x.ts has no function as default export"],
      ["exports something else", { default: {} }, "./x.ts has no function as default export"],
      ["exports a factory too few", { default: () => 5 }, "the default export of ./x.ts returns no factory"],
      [
        "promises its factory",
        { default: () => Promise.resolve(() => {}) },
        "the default export of ./x.ts returns no factory",
      ],
      ["fails", { default: fail(new Error("no")) }, "the default export of ./x.ts failed: no"],
      ["throws a text", { default: fail("no") }, "the default export of ./x.ts failed: no"],
    ] as const
  ) {
    it(`that ${what} is named with its file`, async () => {
      await assert.rejects(() => load(module), { message: `middleware "x": ${message}` });
    });
  }

  it("that cannot be imported is named with its file and the reason", async () => {
    const importModule = () => Promise.reject(new Error("not there"));
    await assert.rejects(() => loadMiddlewares([SOURCE], importModule), {
      message: 'middleware "x": ./x.ts cannot be loaded: not there',
    });
  });

  it("that is given twice is refused", async () => {
    const module = { default: () => () => () => {} };
    await assert.rejects(() => loadMiddlewares([SOURCE, SOURCE], () => Promise.resolve(module)), {
      message: 'middleware "x" is given twice',
    });
  });

  it("that refuses its options, or makes nothing of them, is named", async () => {
    const refusing = await load({ default: () => fail(new Error("percent: expected a number")) });
    assert.throws(() => refusing.get("x")?.({}), {
      message: 'middleware "x" refuses its options: percent: expected a number',
    });
    const empty = await load({ default: () => () => undefined });
    assert.throws(() => empty.get("x")?.({}), {
      message: 'middleware "x" returns no middleware for its options',
    });
  });
});
