/** Snapshots for tests, from objects as users write them. */
import assert from "node:assert/strict";
import { readObject } from "../../src/resources/read.ts";
import { createSnapshot, type Snapshot, type SnapshotEntry } from "../../src/resources/snapshot.ts";
import { translate } from "../../src/translators/mod.ts";
import type { TranslateOptions, Translation } from "../../src/translators/types.ts";

export type Json = Readonly<Record<string, unknown>>;

export const OPTIONS: TranslateOptions = { labelDomain: "cpaas.io", trustedProxies: [] };

/** Objects must be readable; parts that are refused become refusals, as from a source. */
export function snapshotOf(
  objects: readonly unknown[],
  resolvedNames: ReadonlyMap<string, readonly string[]> = new Map(),
): Snapshot {
  return createSnapshot(objects.map(entryOf), resolvedNames);
}

function entryOf(value: unknown): SnapshotEntry {
  const { object, refusals, issues } = readObject(value);
  assert(object !== undefined, `the object should be readable: ${JSON.stringify(issues)}`);
  return { object, refusals };
}

export function translateObjects(
  objects: readonly unknown[],
  options: Partial<TranslateOptions> = {},
): Translation {
  return translate(snapshotOf(objects), { ...OPTIONS, ...options });
}

/** A Frontend on port 80 called `web`, unless told otherwise. */
export function frontend(spec: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: "crd.alauda.io/v1",
    kind: "Frontend",
    metadata: { name: "web", ...metadata },
    spec: { port: 80, protocol: "http", ...spec },
  };
}

/** A Rule of the Frontend `web` that sends every path to the Service `echo`, unless told otherwise. */
export function rule(name: string, spec: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: "crd.alauda.io/v1",
    kind: "Rule",
    metadata: { name, labels: { "alb2.cpaas.io/frontend": "web" }, ...metadata },
    spec: { dslx: [{ type: "URL", values: [["STARTS_WITH", "/"]] }], serviceGroup: group("echo"), ...spec },
  };
}

export function alb2(config: Json = {}, metadata: Json = {}): Json {
  return {
    apiVersion: "crd.alauda.io/v2",
    kind: "ALB2",
    metadata: { name: "edge", ...metadata },
    spec: { config },
  };
}

/** A service group with everything at weight 100. */
export function group(...names: readonly string[]): Json {
  return { services: names.map((name) => ({ name, port: 80, weight: 100 })) };
}

/** A Service whose port 80 is called `http`, and an EndpointSlice with these addresses on port 8080. */
export function service(name: string, addresses: readonly string[], spec: Json = {}): Json[] {
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }], ...spec },
    },
    slice(
      name,
      `${name}-1`,
      addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ),
  ];
}

export function slice(service: string, name: string, endpoints: readonly Json[], extra: Json = {}): Json {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints,
    ...extra,
  };
}
