import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cors, originMatcher } from "../../src/middlewares/cors.ts";
import type { CorsFilter } from "../../src/table/filters.ts";
import { acting, fakeExchange, run } from "./exchange.ts";

const FILTER: CorsFilter = {
  type: "cors",
  allowOrigins: ["https://a.com"],
  allowMethods: "GET",
  allowHeaders: "x-a",
  exposeHeaders: "",
  allowCredentials: true,
  maxAgeS: 5,
  answersPreflight: true,
};

/** What CORS makes of a request; `upstream` are fields of the upstream's answer. */
async function ask(
  filter: Partial<CorsFilter>,
  method: string,
  headers: Record<string, string>,
  upstream: Record<string, string> = {},
) {
  const exchange = fakeExchange({ method, headers });
  const outcome = await run(acting(cors({ ...FILTER, ...filter })), exchange);
  exchange.answer(200, new Headers(upstream));
  return {
    response: outcome.next ? undefined : outcome.response,
    fields: Object.fromEntries(exchange.responseEdits.entries()),
  };
}

const PREFLIGHT = { origin: "https://a.com", "access-control-request-method": "PUT" };

describe("CORS", () => {
  it("answers preflights, and nothing else", async () => {
    assert.equal((await ask({}, "OPTIONS", PREFLIGHT)).response?.status, 204);
    assert.equal((await ask({}, "GET", PREFLIGHT)).response, undefined);
    assert.equal((await ask({}, "OPTIONS", { origin: "https://a.com" })).response, undefined);
    assert.equal((await ask({ answersPreflight: false }, "OPTIONS", PREFLIGHT)).response, undefined);
  });

  it("echoes an origin of the list, and varies by it", async () => {
    assert.deepEqual((await ask({}, "OPTIONS", PREFLIGHT)).fields, {
      Vary: "Origin",
      "Access-Control-Allow-Origin": "https://a.com",
      "Access-Control-Allow-Credentials": "true",
      "Access-Control-Allow-Methods": "GET",
      "Access-Control-Allow-Headers": "x-a",
      "Access-Control-Max-Age": "5",
    });
  });

  it("sends * without credentials and without Vary", async () => {
    for (const allowOrigins of [[], ["*"], ["https://a.com", "*"]]) {
      for (const headers of [{ origin: "https://b.com" }, {}]) {
        const { fields } = await ask({ allowOrigins, exposeHeaders: "x-b" }, "GET", headers);
        assert.deepEqual(fields, {
          "Access-Control-Allow-Origin": "*",
          "Access-Control-Allow-Methods": "GET",
          "Access-Control-Allow-Headers": "x-a",
          "Access-Control-Expose-Headers": "x-b",
        });
      }
    }
  });

  it("adds no credentials to what the upstream grants to origins that are not in the list", async () => {
    for (const headers of [{ origin: "https://evil.com" }, {}]) {
      const credentials = async (upstream: Record<string, string>) =>
        (await ask({}, "GET", headers, upstream)).fields["Access-Control-Allow-Credentials"];
      assert.equal(await credentials({}), "true");
      assert.equal(await credentials({ "access-control-allow-origin": "*" }), undefined);
      assert.equal(await credentials({ "access-control-allow-origin": "https://evil.com" }), undefined);
    }
  });

  it("takes away the upstream's credentials where it is the list that admits, or everybody", async () => {
    const credentials = async (filter: Partial<CorsFilter>, origin: string) => {
      const exchange = fakeExchange({ headers: { origin } });
      await run(acting(cors({ ...FILTER, ...filter })), exchange);
      return exchange.responseEdits.apply("access-control-allow-credentials", "the upstream's");
    };
    assert.equal(await credentials({ allowCredentials: false }, "https://a.com"), undefined);
    assert.equal(await credentials({ allowOrigins: ["*"] }, "https://a.com"), undefined);
    assert.equal(await credentials({}, "https://a.com"), "true");
    assert.equal(await credentials({ allowCredentials: false }, "https://evil.com"), "the upstream's");
  });

  for (
    const [entry, origin, expected] of [
      ["https://*.a.com", "https://x.a.com", true],
      ["https://*.a.com", "https://x.y.a.com", true],
      ["https://*.a.com", "https://a.com", false],
      ["https://*.a.com", "https://.a.com", false],
      ["https://*.a.com", "http://x.a.com", false],
      ["https://*.a.com", "https://x.a.com:8443", false],
      ["https://*.a.com", "https://evil.com/.a.com", false],
      ["https://*.a.com", "https://evil.com:80.a.com", false],
      ["https://*.*.com", "https://a.b.com", false],
      ["http://localhost:*", "http://localhost:3000", true],
      ["https://A.com", "https://a.COM", true],
      ["https://a.com", "https://a.com.evil.com", false],
      ["null", "null", true],
      ["a.com", "https://a.com", false],
    ] as const
  ) {
    it(`${entry} ${expected ? "admits" : "refuses"} ${origin}`, () => {
      assert.equal(originMatcher([entry])?.(origin), expected);
    });
  }
});
