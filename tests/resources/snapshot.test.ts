import assert from "node:assert/strict";
import { test } from "node:test";
import { countObjects, listObjects } from "../../src/resources/list.ts";
import { createSnapshot, type Origin } from "../../src/resources/snapshot.ts";
import { good } from "./objects.ts";

const origin: Origin = { locate: (field) => ({ file: "a.yaml", line: field === "" ? 1 : 7, column: 3 }) };

test("snapshot: objects by kind, namespace and name", () => {
  const rule = good("Rule", { metadata: { name: "a", namespace: "x" } });
  const service = good("Service");
  const namespace = good("Namespace");
  const snapshot = createSnapshot([{ object: rule }, { object: service }, { object: namespace }]);
  assert.equal(snapshot.get("Rule", "x", "a"), rule);
  assert.equal(snapshot.get("Service", "default", "a"), service);
  assert.equal(snapshot.get("Namespace", "", "a"), namespace);
  assert.equal(snapshot.get("Rule", "default", "a"), undefined);
  assert.equal(snapshot.get("ConfigMap", "default", "a"), undefined);
  assert.deepEqual([...snapshot.all("Rule").keys()], ["x/a"]);
  assert.equal(snapshot.all("Secret").size, 0);
});

test("snapshot: names objects with their place, when they have one", () => {
  const rule = good("Rule");
  const service = good("Service");
  const snapshot = createSnapshot([{ object: rule, origin }, { object: service }]);
  const named = { kind: "Rule", namespace: "default", name: "a" };
  assert.deepEqual(snapshot.refer(rule), { ...named, file: "a.yaml", line: 1, column: 3 });
  assert.deepEqual(snapshot.refer(rule, "spec.dslx"), { ...named, file: "a.yaml", line: 7, column: 3 });
  assert.deepEqual(snapshot.refer(service, "spec"), { ...named, kind: "Service" });
});

test("snapshot: what was left out of an object", () => {
  const rule = good("Rule");
  const refusals = [{ code: "InvalidAuth", field: "spec.config.auth", reason: "x" }] as const;
  const snapshot = createSnapshot([{ object: rule, refusals }]);
  assert.equal(snapshot.refusals(rule), refusals);
  assert.deepEqual(snapshot.refusals(good("Rule")), []);
});

test("snapshot: a place belongs to a snapshot, not to an object that is in two of them", () => {
  const rule = good("Rule");
  const elsewhere: Origin = { locate: () => ({ file: "b.yaml", line: 2, column: 1 }) };
  const before = createSnapshot([{ object: rule, origin }]);
  const after = createSnapshot([{ object: rule, origin: elsewhere }]);
  assert.equal(before.refer(rule).file, "a.yaml");
  assert.equal(after.refer(rule).file, "b.yaml");
});

test("snapshot: resolved names", () => {
  const names = new Map([["a.com", ["10.0.0.1"]]]);
  assert.equal(createSnapshot([], names).resolvedNames, names);
  assert.equal(createSnapshot([]).resolvedNames.size, 0);
});

test("snapshot: every object, one kind after the other", () => {
  const objects = [good("Namespace"), good("Rule"), good("ALB2")];
  const snapshot = createSnapshot(objects.map((object) => ({ object })));
  assert.deepEqual([...listObjects(snapshot)].map(({ kind }) => kind), ["ALB2", "Rule", "Namespace"]);
  assert.equal(countObjects(snapshot), 3);
});
