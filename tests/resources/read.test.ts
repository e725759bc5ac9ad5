import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Kind } from "../../src/resources/kinds.ts";
import { KINDS } from "../../src/resources/kinds.ts";
import { readObject } from "../../src/resources/read.ts";
import { good, manifest, messages } from "./objects.ts";

test("read: kinds and versions that are served", () => {
  for (const [kind, { group, versions }] of Object.entries(KINDS)) {
    for (const version of versions) {
      const apiVersion = group === "" ? version : `${group}/${version}`;
      const { object, issues } = readObject({ ...manifest(kind as Kind), apiVersion });
      assert.deepEqual([object?.kind, issues], [kind, []], apiVersion);
    }
  }
});

test("read: kinds that are not served are warnings that say why", () => {
  const cases: readonly (readonly [apiVersion: string, kind: string, reason: RegExp])[] = [
    ["apps/v1", "Deployment", /^Deployment of "apps\/v1" is no kind that is served/],
    [
      "networking.k8s.io/v1",
      "Ingress",
      /^Ingress of "networking.k8s.io\/v1" is not served by this version yet/,
    ],
    ["networking.k8s.io/v1", "IngressClass", /not served by this version yet/],
    ["gateway.networking.k8s.io/v1", "HTTPRoute", /not served by this version yet/],
    ["gateway.crd.alauda.io/v1alpha1", "TimeoutPolicy", /not served by this version yet/],
    ["serving.knative.dev/v1", "Service", /is no kind that is served/],
    [
      "crd.alauda.io/v9",
      "Rule",
      /^version "crd.alauda.io\/v9" of Rule is not served, use crd.alauda.io\/v1$/,
    ],
    ["v2", "Service", /use v1$/],
    ["v1", "toString", /is no kind that is served/],
    ["v1", "__proto__", /is no kind that is served/],
  ];
  for (const [apiVersion, kind, reason] of cases) {
    const { object, issues } = readObject({ apiVersion, kind, metadata: { name: "a" } });
    assert.equal(object, undefined);
    assert.equal(issues.length, 1);
    assert.match(issues[0]?.reason ?? "", reason);
    assert.deepEqual([issues[0]?.severity, issues[0]?.code], ["warning", "UnknownKind"]);
  }
});

test("read: what is no object at all", () => {
  const cases: readonly (readonly [value: unknown, message: string])[] = [
    ["text", ": expected an object, got a string"],
    [[1], ": expected an object, got a list"],
    [undefined, ": expected an object, got nothing"],
    [{}, "kind: expected the kind of an object, got nothing"],
    [{ kind: 5 }, "kind: expected the kind of an object, got 5"],
    [{ kind: "Rule" }, 'apiVersion: expected an API version such as "v1" or "crd.alauda.io/v1", got nothing'],
  ];
  for (const [value, message] of cases) {
    const { object, issues } = readObject(value);
    assert.equal(object, undefined);
    assert.deepEqual(messages({ issues }), [message]);
    assert.deepEqual([issues[0]?.severity, issues[0]?.code], ["error", "InvalidObject"]);
  }
});

test("read: metadata", () => {
  const { metadata } = good("Rule", {
    metadata: {
      name: "a.b-c",
      namespace: "",
      labels: { "a/b": "c", empty: null },
      annotations: null,
      creationTimestamp: "2025-01-01T00:00:00Z",
      managedFields: [{ manager: "kubectl", fieldsV1: { "f:spec": {} } }],
      ownerReferences: [{}],
      finalizers: ["x"],
    },
  });
  assert.deepEqual(metadata, {
    name: "a.b-c",
    namespace: "default",
    labels: { "a/b": "c", empty: "" },
    annotations: {},
    creationTimestamp: "2025-01-01T00:00:00Z",
  });
  assert.equal(good("Namespace", { metadata: { name: "a", namespace: "ignored" } }).metadata.namespace, "");

  const bad: readonly (readonly [metadata: unknown, message: RegExp])[] = [
    [null, /^metadata: expected a mapping, got null$/],
    [{}, /^metadata.name: expected a string, got nothing$/],
    [{ name: "" }, /^metadata.name: expected a name .*, got ""$/],
    [{ name: "a/b" }, /^metadata.name: expected a name .*, got "a\/b"$/],
    [{ name: "a\nb" }, /^metadata.name: expected a name/],
    [{ name: 5 }, /^metadata.name: expected a string, got 5$/],
    [{ name: "a", namespace: "x/y" }, /^metadata.namespace: expected a name/],
    [{ name: "a", labels: { version: 1.5 } }, /^metadata.labels.version: expected a string, got 1.5$/],
    [{ name: "a", labels: ["x"] }, /^metadata.labels: expected a mapping, got \["x"\]$/],
    [
      { name: "a", annotations: { "a.b/c": true } },
      /^metadata.annotations\["a.b\/c"\]: expected a string, got true$/,
    ],
  ];
  for (const [value, message] of bad) {
    const found = readObject(manifest("Rule", { metadata: value }));
    assert.equal(found.object, undefined);
    assert.match(messages(found).join("\n"), message);
  }
});

test("read: an object that is refused is still named", () => {
  const { ref } = readObject(manifest("Frontend", { metadata: { name: "web", namespace: "x" }, spec: 5 }));
  assert.deepEqual(ref, { kind: "Frontend", namespace: "x", name: "web" });
  assert.deepEqual(readObject(manifest("Namespace", { metadata: { name: 5 } })).ref, {
    kind: "Namespace",
    namespace: "",
    name: "",
  });
});

test("read: every wrong field is told of, not only the first", () => {
  const found = readObject(manifest("Frontend", { spec: { port: 0, protocol: [] } }));
  assert.deepEqual(messages(found), [
    "spec.port: expected a port from 1 to 65535, got 0",
    "spec.protocol: expected a string, got []",
  ]);
});

test("read: long values are cut", () => {
  const found = readObject(manifest("Frontend", { spec: { port: "x".repeat(500) } }));
  assert.match(messages(found)[0] ?? "", /got "x{59}…$/);
});

test("read: fields that are not known do no harm, null is absent", () => {
  const rule = good("Rule", {
    spec: { dslx: null, priority: null, serviceGroup: null, config: null, vhost: null, unknown: { a: 1 } },
    status: { phase: "x" },
    extra: 1,
  });
  assert.deepEqual(Object.values(rule.spec).filter((value) => value !== undefined), []);
});

test("read: objects cannot be changed", () => {
  const rule = good("Rule", { spec: { dslx: [{ type: "URL", values: [["EQ", "/"]] }] } });
  assert.throws(() => Object.assign(rule.spec, { priority: 1 }), TypeError);
  // Lists are read-only for the compiler alone, see readonlyArray.
});

test("read: never throws, and either gives an object or says what is wrong", () => {
  const kinds = fc.constantFrom(...Object.keys(KINDS) as Kind[]);
  const fields = fc.dictionary(
    fc.constantFrom("metadata", "spec", "data", "subsets", "ports"),
    fc.jsonValue(),
  );
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.tuple(kinds, fields).map(([kind, some]) => manifest(kind, some)),
  );
  fc.assert(fc.property(anything, (value) => {
    const { object, issues } = readObject(value);
    assert.ok(object !== undefined || issues.length > 0);
  }));
});
