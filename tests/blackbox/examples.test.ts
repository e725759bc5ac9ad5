/** The middlewares of `examples/middlewares`, which the documentation shows. */
import { createHmac } from "node:crypto";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { type Field, value, values } from "./harness/message.ts";
import { rule, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { PROJECT } from "./harness/command.ts";
import { reply } from "./harness/upstream.ts";

function using(path: string, name: string, options: unknown) {
  return rule({
    name: path,
    frontend: "web",
    priority: 1,
    dslx: underPath(`/${path}`),
    services: [{ name: "app" }],
    config: { middlewares: [{ name, options }] },
  });
}

describe("examples of middlewares", () => {
  let site: Site;
  before(async () => {
    site = await startSite({
      handler: () => reply(200, [["Set-Cookie", "app=1"]], "ok"),
      objects: [
        using("signed", "signer", { secret: "key", fields: ["x-user"] }),
        using("badly-signed", "signer", {}),
        using("all-b", "ab", { percentB: 100 }),
        using("all-a", "ab", { percentB: 0 }),
        using("half", "ab", { percentB: 50 }),
      ],
      args: ["signer=header-signer", "ab=ab-switch"].flatMap((entry) => {
        const [name, file] = entry.split("=");
        return ["--middleware", `${name}=${PROJECT}/examples/middlewares/${file}.ts`];
      }),
    });
  });
  after(() => stopSite(site));

  it("the signer signs method, path, time and fields, and replaces what the client sent", async () => {
    const response = await site.request({
      target: "/signed/x%20y?q=1",
      method: "POST",
      fields: [["Host", "a.com"], ["X-User", "ann"], ["X-Signature", "forged"]],
      body: "hello",
    });
    assert.equal(response.status, 200);
    const seen = site.upstream.requests.at(-1)!;
    const [, time, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(value(seen, "x-signature") ?? "")!;
    const expected = createHmac("sha256", "key").update(`${time}\nPOST\n/signed/x y\nann`).digest("hex");
    assert.equal(signature, expected);
    assert.deepEqual([seen.body, seen.target], ["hello", "/signed/x%20y?q=1"]);
  });

  it("options that the signer refuses are a problem of their rule, which answers 500", async () => {
    const response = await site.request({ target: "/badly-signed" });
    assert.equal(response.status, 500);
    const told = value(response, "x-alb-err-reason");
    assert.equal(told, "InvalidConfig : spec.config.middlewares is invalid", "clients learn no options");
    const { problems } = await site.gateway.api("problems");
    const problem = problems.find((each: { object: { name: string } }) =>
      each.object.name === "badly-signed"
    );
    assert.match(problem.reason, /^middleware "signer" refuses its options: .*secret: expected a text/);
  });

  for (const [target, variant] of [["/all-a", "A"], ["/all-b", "B"]] as const) {
    it(`the switch sends ${target} to ${variant} and remembers it`, async () => {
      const first = await site.request({ target, fields: [["Host", "a.com"], ["X-Variant", "forged"]] });
      assert.deepEqual(values(site.upstream.requests.at(-1)!, "x-variant"), [variant]);
      const cookies = values(first, "set-cookie");
      assert.deepEqual([cookies.length, cookies[0]], [2, "app=1"]);
      assert.match(
        cookies[1]!,
        new RegExp(`^ab=${variant}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax$`),
      );
    });

    it(`a cookie decides against the share: ${variant} stays`, async () => {
      const other = variant === "A" ? "B" : "A";
      const fields: Field[] = [["Host", "a.com"], ["Cookie", `x=1; ab=${other}`]];
      const response = await site.request({ target, fields });
      assert.equal(value(site.upstream.requests.at(-1)!, "x-variant"), other);
      assert.deepEqual(values(response, "set-cookie"), ["app=1"]);
    });
  }

  it("the switch divides about as it is told", async () => {
    const before = site.upstream.requests.length;
    for (let i = 0; i < 200; i++) await site.request({ target: "/half" });
    const variants = site.upstream.requests.slice(before).map((seen) => value(seen, "x-variant"));
    const b = variants.filter((variant) => variant === "B").length;
    // Six standard deviations of 200 fair coins.
    assert.ok(b > 57 && b < 143, `${b} of 200`);
  });
});
