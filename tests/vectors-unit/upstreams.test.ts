/** Weights of 08-affinity-and-weights.yaml and backend groups of 11-l4.yaml, as translation makes them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Upstream } from "../../src/table/table.ts";
import { splitEndpoint } from "../blackbox/harness/addresses.ts";
import { service } from "../blackbox/harness/objects.ts";
import { frontend, type Json, rule, translateObjects } from "../translators/objects.ts";
import { type Case, loadCases } from "../vectors/load.ts";

interface Backend {
  readonly endpoint: string;
  readonly weight: number;
}

interface WeightsCase extends Case {
  readonly kind: string;
  readonly given: { readonly services: readonly { name: string; weight: number; endpoints: string[] }[] };
  readonly expect: { readonly backends: readonly Backend[] };
}

interface VectorService {
  readonly name: string;
  readonly port: number;
  readonly weight: number;
}

interface VectorFrontend {
  readonly port: number;
  readonly protocol: string;
  readonly services: readonly VectorService[];
  readonly rules?: readonly { name: string; dslx?: unknown; services: readonly VectorService[] }[];
}

interface L4Case extends Case {
  readonly given: {
    readonly alb?: string;
    readonly frontends?: readonly VectorFrontend[];
    readonly endpoints?: Readonly<Record<string, readonly string[]>>;
  };
  readonly expect?: { readonly group?: { readonly name: string; readonly backends: readonly Backend[] } };
}

function backendsOf(upstream: Upstream | undefined): Backend[] {
  return (upstream?.endpoints ?? []).map(({ address, port, weight }) => ({
    endpoint: `${address}:${port}`,
    weight,
  }));
}

function sorted(backends: readonly Backend[]): Backend[] {
  return backends.toSorted((a, b) => a.endpoint < b.endpoint ? -1 : 1);
}

describe("vectors: 08-affinity-and-weights, weights", () => {
  for (const { name, kind, given, expect } of loadCases<WeightsCase>("08-affinity-and-weights.yaml")) {
    if (kind !== "weights") continue;
    it(name, () => {
      const services = given.services.map((each) => ({ name: each.name, port: 80, weight: each.weight }));
      const { table } = translateObjects([
        frontend(),
        rule("r1", { serviceGroup: { services } }),
        ...given.services.flatMap((each) => service(each)),
      ]);
      assert.deepEqual(backendsOf(table.upstreams["default/r1"]), sorted(expect.backends));
    });
  }
});

describe("vectors: 11-l4, backend groups", () => {
  for (const { name, given, expect } of loadCases<L4Case>("11-l4.yaml")) {
    if (expect?.group === undefined || given.frontends === undefined) continue;
    const { group } = expect;
    it(name, () => {
      const { table } = translateObjects(objectsOf(given));
      const [listener] = table.listeners;
      assert.equal(listener?.routes.length, 1);
      const upstream = table.upstreams[listener?.routes[0]?.upstream ?? ""];
      assert.equal(upstream?.group, group.name);
      assert.deepEqual(backendsOf(upstream), sorted(group.backends));
    });
  }
});

/** Everything is labelled for the ALB2 of the case. */
function objectsOf({ alb = "edge", frontends = [], endpoints = {} }: L4Case["given"]): Json[] {
  const labels = { "alb2.cpaas.io/name": alb, "alb2.cpaas.io/frontend": "web" };
  return [
    { apiVersion: "crd.alauda.io/v2", kind: "ALB2", metadata: { name: alb }, spec: { config: {} } },
    ...frontends.flatMap(({ port, protocol, services, rules = [] }) => [
      frontend({ port, protocol, serviceGroup: { services } }, { labels }),
      ...rules.map((each) =>
        rule(each.name, { dslx: each.dslx, serviceGroup: { services: each.services } }, { labels })
      ),
      ...[...services, ...rules.flatMap((each) => each.services)].flatMap((each) =>
        podsOf(each, protocol, endpoints)
      ),
    ]),
  ];
}

function podsOf(
  { name, port }: VectorService,
  protocol: string,
  endpoints: Readonly<Record<string, readonly string[]>>,
): Json[] {
  const ports = [{ name: "l4", port, protocol: protocol.toUpperCase() }];
  const slices = (endpoints[name] ?? []).map(splitEndpoint).map((each, index): Json => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-${index}`, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ ...ports[0], port: each.port }],
    endpoints: [{ addresses: [each.address] }],
  }));
  return [{ apiVersion: "v1", kind: "Service", metadata: { name }, spec: { ports } }, ...slices];
}
