/** The admin plane: probes, and what the gateway believes, without its secrets. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { value } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";

const SECRET = "c2VjcmV0LXZhbHVl"; // base64 of "secret-value"

describe("admin plane", () => {
  let site: Site;
  before(async () => {
    site = await startSite({
      objects: [{
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          name: "credentials",
          namespace: "default",
          annotations: {
            "kubectl.kubernetes.io/last-applied-configuration": `{"data":{"password":"${SECRET}"}}`,
          },
        },
        type: "Opaque",
        data: { password: SECRET },
        stringData: { other: "plain-secret" },
      }],
    });
  });
  after(() => stopSite(site));

  it("answers probes", async () => {
    assert.equal((await site.gateway.fetch("/livez")).status, 200);
    assert.equal((await site.gateway.fetch("/readyz")).status, 200);
    assert.equal((await site.gateway.fetch("/no-such-page")).status, 404);
  });

  it("shows the table with its shape, listeners, routes and upstreams", async () => {
    const table = await site.gateway.api("table");
    assert.equal(table.shape, 1);
    assert.deepEqual([table.gateway.name, table.gateway.implicit], ["albatross", true]);
    const [listener] = table.listeners;
    assert.deepEqual([listener.name, listener.port, listener.protocol], ["web", site.port, "http"]);
    const [route] = listener.routes;
    assert.deepEqual([route.name, route.index, route.order.priority], ["r1", 1, 5]);
    const { endpoints } = table.upstreams[route.upstream];
    assert.deepEqual(endpoints, [{
      address: site.upstream.address,
      port: site.upstream.port,
      weight: 100,
      service: { namespace: "default", name: "app" },
    }]);
  });

  it("shows listeners and upstreams as they are", async () => {
    for (let n = 0; n < 3; n++) await site.request();
    const listeners = await site.gateway.api("listeners");
    const [listener] = listeners.listeners ?? listeners;
    assert.deepEqual([listener.name, listener.port, listener.state], ["web", site.port, "serving"]);
    const upstreams = await site.gateway.api("upstreams");
    const [upstream] = upstreams.upstreams ?? upstreams;
    const [endpoint] = upstream.endpoints;
    assert.equal(endpoint.endpoint, site.upstream.endpoint);
    assert.ok(endpoint.requests >= 3);
    assert.deepEqual([endpoint.idle, endpoint.active], [1, 0]);
  });

  it("shows the objects, secrets redacted", async () => {
    const response = await site.gateway.fetch("/api/objects");
    assert.equal(response.status, 200);
    assert.match(value(response, "content-type") ?? "", /^application\/json/);
    for (const name of ["web", "r1", "app", "credentials"]) {
      assert.ok(response.body.includes(`"${name}"`), name);
    }
    for (const secret of [SECRET, "secret-value", "plain-secret"]) {
      assert.ok(!response.body.includes(secret), secret);
    }
    assert.match(response.body, /\[redacted\]/);
  });

  it("explains a request", async () => {
    const url = encodeURIComponent(`http://h:${site.port}/x`);
    const explained = await site.gateway.api(`explain?method=GET&url=${url}`);
    assert.match(JSON.stringify(explained), /"r1"/);
    assert.equal((await site.gateway.fetch("/api/explain")).status, 400);
  });
});
