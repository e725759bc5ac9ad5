/** Basic authentication: ALB's reasons, word by word (data-plane spec 4.5). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { basicAuth } from "../../../src/middlewares/auth/basic.ts";
import { createAuthServices } from "../../../src/middlewares/auth/services.ts";
import type { PasswordVerifier } from "../../../src/middlewares/auth/password/verifier.ts";
import { nodeDigests } from "../../../src/runtimes/node-digests.ts";
import type { BasicAuthFilter } from "../../../src/table/filters.ts";
import { fakeExchange, run } from "../exchange.ts";

const FILTER: BasicAuthFilter = {
  type: "basic-auth",
  realm: 'staff "only"\r\n',
  users: [
    { name: "foo", passwordHash: "$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1" },
    { name: "é", passwordHash: "{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00=" },
    // of a:b
    { name: "colon", passwordHash: "$apr1$abcd$xJ5aqrV5qHJe5w3cbOxH70" },
  ],
};

const services = createAuthServices({
  call: () => assert.fail("nobody is called"),
  digests: nodeDigests,
  report: (error) => assert.fail(String(error)),
});

function attempt(authorization: string | undefined, passwords: PasswordVerifier = services.passwords) {
  const exchange = fakeExchange(authorization === undefined ? {} : { headers: { authorization } });
  const middleware = basicAuth(FILTER, { ...services, passwords });
  return run(middleware, exchange).then((outcome) => ({ outcome, exchange }));
}

const basic = (bytes: string) => `Basic ${btoa(bytes)}`;

describe("basic authentication", () => {
  const right: readonly [what: string, authorization: string][] = [
    ["the right password", basic("foo:bar")],
    ["a password with a colon", basic("colon:a:b")],
    ["a name in UTF-8", basic("\xc3\xa9:bar")],
    ["several spaces behind the scheme", `Basic   ${btoa("foo:bar")}`],
  ];
  for (const [what, authorization] of right) {
    it(`lets through: ${what}`, async () => {
      const { outcome, exchange } = await attempt(authorization);
      assert.equal(outcome.next, true);
      assert.equal(exchange.effectiveHeader("authorization"), authorization);
    });
  }

  const wrong: readonly [what: string, authorization: string | undefined, reason: string][] = [
    ["nothing", undefined, "basic_auth but req no auth header"],
    ["another scheme", "Bearer abc", "invalid Authorization scheme, not basic auth."],
    ["the scheme in lower case", "basic Zm9vOmJhcg==", "invalid Authorization scheme, not basic auth."],
    ["what is not base64", "Basic not-even-base64==", "invalid base64 encoding"],
    ["no colon", basic("foo"), "invalid format"],
    ["a wrong password", basic("foo:baz"), "invalid user or passwd"],
    ["an empty password", basic("foo:"), "invalid user or passwd"],
    ["an unknown user", basic("nobody:bar"), "invalid user or passwd"],
    ["a name of every object", basic("__proto__:bar"), "invalid user or passwd"],
  ];
  for (const [what, authorization, reason] of wrong) {
    it(`refuses ${what}`, async () => {
      const { outcome, exchange } = await attempt(authorization);
      assert.ok(!outcome.next);
      assert.equal(outcome.response.status, 401);
      assert.equal(outcome.response.headers.get("www-authenticate"), 'Basic realm="staff \\"only\\""');
      assert.equal(exchange.blamed?.reason, `AuthFail : ${reason}`);
    });
  }

  it("computes for unknown users what it computes for known ones, and lets them in by no password", async () => {
    const asked: string[] = [];
    const passwords: PasswordVerifier = {
      verify({ text }) {
        asked.push(text);
        return "right";
      },
    };
    const { outcome } = await attempt(basic("nobody:bar"), passwords);
    assert.equal(outcome.next, false);
    assert.deepEqual(asked, [FILTER.users[0]?.passwordHash]);
  });

  it("answers 503 while too many wait", async () => {
    const { outcome } = await attempt(basic("foo:bar"), { verify: () => "busy" });
    assert.ok(!outcome.next);
    assert.equal(outcome.response.status, 503);
  });

  it("cannot be built without users, or with a hash that cannot be read", () => {
    assert.throws(() => basicAuth({ ...FILTER, users: [] }, services));
    const users = [{ name: "foo", passwordHash: "bar" }];
    assert.throws(() => basicAuth({ ...FILTER, users }, services), /cannot be read/);
  });
});
