/** From Services of every type to the sockets behind them. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "./harness/addresses.ts";
import { request } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { frontend, type KubeObject, rule, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

const metadata = (name: string, labels = {}) => ({ name, namespace: "default", labels });

describe("services", () => {
  let one: Upstream;
  let two: Upstream;
  /** Where `localhost` resolves to. */
  let local: Upstream;
  let gateway: Gateway;
  let port: number;

  before(async () => {
    one = await startUpstream({ handler: () => reply(200, [], "one") });
    two = await startUpstream({ handler: () => reply(200, [], "two") });
    local = await startUpstream({ address: "127.0.0.1", handler: () => reply(200, [], "local") });
    port = await freePort();
    gateway = await startGateway({
      config: [
        frontend({ name: "web", port }),
        ...toward("numeric", 80),
        {
          kind: "Service",
          apiVersion: "v1",
          metadata: metadata("numeric"),
          spec: { ports: [{ port: 80, targetPort: one.port }] },
        },
        slice("numeric", [{ port: one.port }], [endpoint(one.address)]),

        ...toward("legacy", 80),
        {
          kind: "Service",
          apiVersion: "v1",
          metadata: metadata("legacy"),
          spec: { ports: [{ name: "web", port: 80, targetPort: "web" }] },
        },
        {
          kind: "Endpoints",
          apiVersion: "v1",
          metadata: metadata("legacy"),
          subsets: [{ addresses: [{ ip: one.address }], ports: [{ name: "web", port: one.port }] }],
        },

        ...toward("unready", 80),
        {
          kind: "Service",
          apiVersion: "v1",
          metadata: metadata("unready"),
          spec: { ports: [{ name: "a", port: 80, targetPort: "a" }] },
        },
        slice("unready", [{ name: "a", port: one.port }], [endpoint(one.address, false)]),
        slice("unready", [{ name: "a", port: two.port }], [endpoint(two.address)], "unready-2"),

        ...toward("ports", 8081),
        {
          kind: "Service",
          apiVersion: "v1",
          metadata: metadata("ports"),
          spec: {
            clusterIP: "None",
            ports: [{ name: "a", port: 80, targetPort: one.port }, {
              name: "b",
              port: 8081,
              targetPort: two.port,
            }],
          },
        },
        slice("ports", [{ name: "a", port: one.port }, { name: "b", port: two.port }], [
          endpoint(two.address),
        ]),

        ...toward("outside", local.port),
        {
          kind: "Service",
          apiVersion: "v1",
          metadata: metadata("outside"),
          spec: { type: "ExternalName", externalName: "localhost", ports: [{ port: local.port }] },
        },
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    for (const upstream of [one, two, local]) await upstream?.close();
  });

  /** A rule that sends `/NAME` to a port of the Service of that name. */
  function toward(name: string, servicePort: number): KubeObject[] {
    const services = [{ name, namespace: "default", port: servicePort, weight: 100 }];
    return [
      rule({ name, frontend: "web", dslx: underPath(`/${name}`), spec: { serviceGroup: { services } } }),
    ];
  }
  function endpoint(address: string, ready = true) {
    return { addresses: [address], conditions: { ready } };
  }
  function slice(
    service: string,
    ports: readonly unknown[],
    endpoints: readonly unknown[],
    name = service,
  ): KubeObject {
    const labels = { "kubernetes.io/service-name": service };
    return {
      kind: "EndpointSlice",
      apiVersion: "discovery.k8s.io/v1",
      metadata: metadata(name, labels),
      addressType: "IPv4",
      ports,
      endpoints,
    };
  }
  async function answer(name: string): Promise<string> {
    const { status, body } = await request({ host: gateway.host, port, target: `/${name}` });
    return status === 200 ? body : String(status);
  }

  it("with a numeric target port", async () => assert.equal(await answer("numeric"), "one"));
  it("with Endpoints instead of EndpointSlices", async () => assert.equal(await answer("legacy"), "one"));
  it("with several ports: the one that is asked for", async () => assert.equal(await answer("ports"), "two"));

  it("without the endpoints that are not ready", async () => {
    for (let n = 0; n < 4; n++) assert.equal(await answer("unready"), "two");
  });

  it("of type ExternalName, resolved in the background", async () => {
    let last = "";
    await eventually(async () => (last = await answer("outside")) === "local", () => `answer: ${last}`);
  });
});
