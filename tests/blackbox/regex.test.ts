/** A tenant's pattern cannot stall the gateway, and what users of PCRE write works. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { request } from "./harness/client.ts";
import type { Json } from "./harness/gateway.ts";
import { rule } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";

/** Each takes a backtracking engine years on the paths below. */
const CATASTROPHIC = ["^/(a+)+$", "^/(a|aa)+$", "^/(a|a?)+$", "^/(.*a){25}$", "^/(([a-z])+.)+[A-Z]([a-z])+$"];
const REFUSED = { backreference: "^/(a)\\1$", recursion: "^/(a(?R)?b)$", conditional: "^/(a)?(?(1)b|c)$" };

describe("regular expressions", () => {
  let site: Site;
  before(async () => {
    const url = (name: string, pattern: string) =>
      rule({
        name,
        frontend: "web",
        priority: 1,
        dslx: [{ type: "URL", values: [["REGEX", pattern]] }],
        services: [{ name: "app" }],
      });
    site = await startSite({
      objects: [
        ...CATASTROPHIC.map((pattern, index) => url(`bad-${index}`, pattern)),
        ...Object.entries(REFUSED).map(([name, pattern]) => url(name, pattern)),
        url("pcre", "(?i)^/pcre/[[:digit:]]+(?=/end)(?!/end/not)\\h*"),
      ],
    });
  });
  after(() => stopSite(site));
  const ruleOf = async (target: string): Promise<string> => {
    const fields: [string, string][] = [["cpaas-trace", "true"]];
    const response = await request({ host: site.host, port: site.port, target, fields });
    assert.equal(response.status, 200);
    return JSON.parse(response.fields.find(([name]) => name.toLowerCase() === "x-cpaas-trace")![1]).rule;
  };

  it("that explode elsewhere are matched at once", async () => {
    const targets = [`/${"a".repeat(5000)}!`, `/${"a".repeat(15_000)}!`, `/${"ab".repeat(5000)}1`];
    const rules = await Promise.all(targets.map(ruleOf));
    assert.deepEqual(rules, ["r1", "r1", "r1"]);
    assert.match(await ruleOf(`/${"a".repeat(200)}`), /^bad-/);
  });

  it("that cannot be bounded are refused with a reason, and harm nobody", async () => {
    const body = await site.gateway.api("problems");
    const problems: Json[] = body.problems ?? body;
    for (const name of Object.keys(REFUSED)) {
      const problem = problems.find(({ object }) => object.name === name);
      assert.equal(problem?.code, "InvalidMatch", name);
      assert.match(problem.field, /^spec\.dslx\[0\]/);
      assert.notEqual(problem.reason, "");
    }
    assert.deepEqual(problems.map(({ object }) => object.name).toSorted(), Object.keys(REFUSED).toSorted());
  });

  it("understand inline flags, POSIX classes and lookaround", async () => {
    assert.equal(await ruleOf("/PCRE/123/end"), "pcre");
    assert.equal(await ruleOf("/pcre/123/other"), "r1");
    assert.equal(await ruleOf("/pcre/1/end/not"), "r1");
  });
});
