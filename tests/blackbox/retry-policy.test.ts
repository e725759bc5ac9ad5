/** `spec.config.retry` and `spec.config.outlierDetection` on Rule, Frontend and ALB2 (data-plane spec 10.3). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, freePorts, LOOPBACK } from "./harness/addresses.ts";
import { request, type RequestOptions } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { alb2, boundTo, frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

describe("retries and rests as configured", () => {
  let good: Upstream;
  let bad: Upstream;
  let gateway: Gateway;
  let port: number;

  before(async () => {
    good = await startUpstream({ handler: () => reply(200, [], "good") });
    bad = await startUpstream({ handler: (_, connection) => connection.reset() });
    const [lone = "", ...refusing] = (await freePorts(6)).map((free) => `${LOOPBACK}:${free}`);
    port = await freePort();
    const rules: Record<string, [config: Json, endpoints: readonly string[]]> = {
      once: [{ retry: { attempts: 1 } }, refusing],
      thrice: [{ retry: { attempts: 3 } }, refusing],
      inherited: [{}, refusing],
      unsent: [{ retry: { resend: false } }, [bad.endpoint, good.endpoint]],
      resting: [{ outlierDetection: { consecutiveFailures: 1, ejectionMs: 60_000 } }, [
        lone,
        good.endpoint,
      ]],
      "too-many": [{ retry: { attempts: 6 } }, refusing],
    };
    const objects: KubeObject[] = Object.entries(rules).flatMap(([name, [config, endpoints]]) => [
      boundTo(
        "lb",
        rule({ name, frontend: "web", dslx: underPath(`/${name}/`), services: [{ name }], config }),
      ),
      ...service({ name, endpoints }),
    ]);
    gateway = await startGateway({
      config: [
        alb2({ name: "lb", config: { retry: { attempts: 2 } } }),
        boundTo("lb", frontend({ name: "web", port })),
        ...objects,
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    await good?.close();
    await bad?.close();
  });

  function send(name: string, options: Partial<RequestOptions> = {}) {
    return request({ host: gateway.host, port, target: `/${name}/`, ...options });
  }

  it("so many attempts, the nearest object deciding", async () => {
    for (const [name, attempts] of [["once", 1], ["thrice", 3], ["inherited", 2]] as const) {
      assert.equal((await send(name)).status, 502);
      const entry = await gateway.logged((each) => JSON.stringify(each).includes(`/${name}/`));
      assert.equal(entry.attempts.length, attempts, name);
    }
  });

  it("without resend a PUT that was sent is not repeated", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) {
      statuses.push((await send("unsent", { method: "PUT", body: "b" })).status);
    }
    assert.deepEqual(statuses.toSorted(), [200, 200, 502, 502]);
  });

  it("an endpoint that fails rests, as /api/upstreams tells, and nobody notices", async () => {
    for (let n = 0; n < 6; n++) assert.equal((await send("resting")).status, 200);
    const { upstreams } = await gateway.api("upstreams");
    const { endpoints } = upstreams.find(({ name }: Json) => name === "default/resting");
    assert.deepEqual(endpoints.map(({ resting }: Json) => resting).toSorted(), [false, true]);
    const [refused] = endpoints.filter(({ resting }: Json) => resting);
    assert.equal(refused.failures, 1, "it was asked once");
  });

  it("a number out of range is refused with its field, and the rule answers 500", async () => {
    const { problems } = await gateway.api("problems");
    const found = problems.find(({ object }: Json) => object.name === "too-many");
    assert.equal(found?.field, "spec.config.retry.attempts");
    await eventually(async () => (await send("too-many")).status === 500, () => "not refused");
  });
});
