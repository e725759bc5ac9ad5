/** From Services to addresses (data-plane spec 3.9, control-plane spec 3.5). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atOnce } from "../../../src/lib/steps.ts";
import { createServiceDirectory, type ResolvedService } from "../../../src/translators/shared/services.ts";
import { type Json, service, slice, snapshotOf } from "../objects.ts";

const NAMES = new Map([["db.example.com", ["10.9.9.9", "fd00:0::9"]]]);

function resolve(objects: readonly unknown[], port = 80, protocol: "TCP" | "UDP" = "TCP"): ResolvedService {
  const directory = atOnce(createServiceDirectory(snapshotOf(objects, NAMES)));
  return directory({ namespace: "default", name: "app", port, protocol });
}

function addressesOf({ addresses, faults }: ResolvedService): string[] {
  assert.deepEqual(faults, []);
  return addresses.map(({ address, port }) => `${address}|${port}`);
}

function faultsOf({ faults }: ResolvedService): string[] {
  return faults.map(({ part, reason }) => `${part}: ${reason}`);
}

function bare(spec: Json): Json {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "app" }, spec };
}

function endpoints(subsets: readonly Json[]): Json {
  return { apiVersion: "v1", kind: "Endpoints", metadata: { name: "app" }, subsets };
}

const ready = { conditions: { ready: true } };
const HTTP_PORT = { name: "http", port: 80, targetPort: "web" };

describe("EndpointSlices", () => {
  it("give the addresses that are ready, of all slices, each once", () => {
    const found = resolve([
      ...service("app", ["10.0.0.1"]),
      slice("app", "app-2", [
        { addresses: ["10.0.0.1"], ...ready },
        { addresses: ["10.0.0.2"] },
        { addresses: ["10.0.0.3"], conditions: { ready: false } },
        { addresses: ["10.0.0.4"], conditions: { ready: false, serving: true, terminating: true } },
      ]),
      slice("other", "other-1", [{ addresses: ["10.0.0.5"] }]),
    ]);
    assert.deepEqual(addressesOf(found), ["10.0.0.1|8080", "10.0.0.2|8080"]);
  });

  it("fall back to those that still serve while they terminate", () => {
    const found = resolve([
      bare({ ports: [HTTP_PORT] }),
      slice("app", "app-1", [
        { addresses: ["10.0.0.1"], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ["10.0.0.2"], conditions: { ready: false, serving: false, terminating: true } },
        { addresses: ["10.0.0.3"], conditions: { ready: false, serving: true } },
      ]),
    ]);
    assert.deepEqual(addressesOf(found), ["10.0.0.1|8080"]);
  });

  it("know the port by the name of the Service's port, different on each pod", () => {
    const found = resolve([
      bare({ ports: [{ name: "metrics", port: 81, targetPort: 9 }, HTTP_PORT] }),
      slice("app", "app-1", [{ addresses: ["10.0.0.1"] }], {
        ports: [{ name: "metrics", port: 9 }, { name: "http", port: 7001 }],
      }),
      slice("app", "app-2", [{ addresses: ["10.0.0.2"] }], { ports: [{ name: "http", port: 7002 }] }),
    ]);
    assert.deepEqual(addressesOf(found), ["10.0.0.1|7001", "10.0.0.2|7002"]);
  });

  it("fall back to a numeric targetPort, not to a name that no endpoint has", () => {
    const unnamed = slice("app", "app-1", [{ addresses: ["10.0.0.1"] }], { ports: [{ port: 1 }] });
    assert.deepEqual(addressesOf(resolve([bare({ ports: [{ ...HTTP_PORT, targetPort: 5000 }] }), unnamed])), [
      "10.0.0.1|5000",
    ]);
    for (const targetPort of [undefined, null, 0]) {
      const service = bare({ ports: [{ name: "http", port: 80, targetPort }] });
      assert.deepEqual(addressesOf(resolve([service, unnamed])), ["10.0.0.1|80"]);
    }
    const found = resolve([bare({ ports: [HTTP_PORT] }), unnamed]);
    assert.deepEqual(found.addresses, []);
    assert.match(faultsOf(found)[0] ?? "", /^port: .*no port named "http"/);
  });

  it("are asked for the protocol too", () => {
    const dns = bare({ ports: [{ name: "tcp", port: 53 }, { name: "udp", port: 53, protocol: "UDP" }] });
    const pods = slice("app", "app-1", [{ addresses: ["10.0.0.1"] }], {
      ports: [{ name: "tcp", port: 5301 }, { name: "udp", port: 5302, protocol: "UDP" }],
    });
    assert.deepEqual(addressesOf(resolve([dns, pods], 53, "TCP")), ["10.0.0.1|5301"]);
    assert.deepEqual(addressesOf(resolve([dns, pods], 53, "UDP")), ["10.0.0.1|5302"]);
  });

  it("count in one address family when pods have two", () => {
    const v4 = slice("app", "app-4", [{ addresses: ["10.0.0.1"] }]);
    const v6 = slice("app", "app-6", [{ addresses: ["FD00::0:1"] }], { addressType: "IPv6" });
    const dual = (families: readonly string[]) => bare({ ports: [HTTP_PORT], ipFamilies: families });
    assert.deepEqual(addressesOf(resolve([dual(["IPv6", "IPv4"]), v4, v6])), ["fd00::1|8080"]);
    assert.deepEqual(addressesOf(resolve([dual(["IPv6"]), v4])), ["10.0.0.1|8080"]);
    assert.deepEqual(addressesOf(resolve([dual([]), v4, v6])), ["10.0.0.1|8080", "fd00::1|8080"]);
  });

  it("report what is no address and use the rest", () => {
    const found = resolve([...service("app", ["10.0.0.1", "pod.local"])]);
    assert.equal(found.addresses.length, 1);
    assert.deepEqual(faultsOf(found), ['name: its endpoint "pod.local" is no IP address']);
  });

  it("may be empty without a fault: nothing is ready", () => {
    assert.deepEqual(resolve([...service("app", [])]), { addresses: [], faults: [] });
  });
});

describe("Endpoints", () => {
  const subsets = [
    {
      addresses: [{ ip: "10.0.0.1" }],
      notReadyAddresses: [{ ip: "10.0.0.2" }],
      ports: [{ name: "http", port: 8080 }],
    },
    { addresses: [{ ip: "10.0.0.3" }], ports: [{ name: "http", port: 9090 }] },
  ];

  it("give their ready addresses, each with the port of its subset", () => {
    assert.deepEqual(addressesOf(resolve([bare({ ports: [HTTP_PORT] }), endpoints(subsets)])), [
      "10.0.0.1|8080",
      "10.0.0.3|9090",
    ]);
  });

  it("do not count beside EndpointSlices", () => {
    assert.deepEqual(addressesOf(resolve([...service("app", ["10.0.0.9"]), endpoints(subsets)])), [
      "10.0.0.9|8080",
    ]);
  });
});

describe("Services", () => {
  it("of type ExternalName lead to their addresses on the port that was asked for", () => {
    const named = (externalName?: string) => bare({ type: "ExternalName", externalName });
    assert.deepEqual(faultsOf(resolve([named()])), ["name: Service default/app has no externalName"]);
    assert.deepEqual(addressesOf(resolve([named("db.example.com")], 5432)), [
      "10.9.9.9|5432",
      "fd00::9|5432",
    ]);
    assert.deepEqual(addressesOf(resolve([named("192.0.2.1")], 5432)), ["192.0.2.1|5432"]);
    assert.deepEqual(faultsOf(resolve([named("nowhere.example.com")])), [
      'name: "nowhere.example.com" has not been resolved yet',
    ]);
  });

  it("without ports, when headless, have the port of their pods", () => {
    const pods = slice("app", "app-1", [{ addresses: ["10.0.0.1"] }], { ports: [] });
    assert.deepEqual(addressesOf(resolve([bare({ clusterIP: "None" }), pods], 7070)), ["10.0.0.1|7070"]);
  });

  it("that are not there, or lack the port, are faults", () => {
    assert.deepEqual(faultsOf(resolve([])), ["name: there is no Service default/app"]);
    assert.deepEqual(faultsOf(resolve([...service("app", [])], 81)), [
      "port: Service default/app has no port 81/TCP; it has 80/TCP",
    ]);
    assert.match(faultsOf(resolve([...service("app", [])], 80, "UDP"))[0] ?? "", /no port 80\/UDP/);
    assert.deepEqual(faultsOf(resolve([bare({ ports: [HTTP_PORT] })])), [
      "name: Service default/app has neither EndpointSlice nor Endpoints",
    ]);
  });
});
