/** `cpaas-trace: true` (data-plane spec 3.13): which rule, which endpoint; on errors what is known by then. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import type { Json } from "./harness/gateway.ts";
import { value, values } from "./harness/message.ts";
import { rule, service, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";

describe("cpaas-trace", () => {
  let site: Site;
  let dead: string;
  before(async () => {
    dead = `${LOOPBACK}:${await freePort()}`;
    site = await startSite({
      dslx: underPath("/served"),
      objects: [
        rule({
          name: "dead",
          frontend: "web",
          priority: 9,
          dslx: underPath("/dead"),
          services: [{ name: "dead" }],
        }),
        ...service({ name: "dead", endpoints: [dead] }),
      ],
    });
  });
  after(() => stopSite(site));

  async function trace(target: string): Promise<Json> {
    const response = await site.request({ target, fields: [["CPAAS-Trace", "true"]] });
    return JSON.parse(value(response, "x-cpaas-trace")!);
  }

  it("names rule, place, group and endpoint", async () => {
    const { alb_pod, ...rest } = await trace("/served");
    assert.equal(typeof alb_pod, "string");
    assert.deepEqual(rest, { rule: "r1", index: "1", upstream: "r1", upstream_ip: site.upstream.endpoint });
  });

  it("names what is known when an upstream fails or no rule matches", async () => {
    const failed = await trace("/dead");
    assert.deepEqual([failed.rule, failed.index, failed.upstream, failed.upstream_ip], [
      "dead",
      "2",
      "dead",
      dead,
    ]);
    const unmatched = await trace("/none");
    assert.equal(unmatched.upstream_ip, undefined);
    assert.ok(unmatched.rule === undefined || unmatched.rule === "");
  });

  it("is put before that of an upstream which is a gateway itself", async () => {
    site.upstream.handler = () => reply(200, [["x-cpaas-trace", '{"rule":"inner"}']]);
    const response = await site.request({ target: "/served", fields: [["cpaas-trace", "true"]] });
    assert.deepEqual(values(response, "x-cpaas-trace").map((json) => JSON.parse(json).rule), ["r1", "inner"]);
  });

  it("is not added for any other value", async () => {
    site.upstream.handler = () => reply(200);
    for (const text of ["1", "TRUE", "", "true, true"]) {
      const response = await site.request({ target: "/served", fields: [["cpaas-trace", text]] });
      assert.equal(value(response, "x-cpaas-trace"), undefined, text);
    }
  });
});
