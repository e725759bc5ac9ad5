import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atOnce } from "../../src/lib/steps.ts";
import { compareSnapshots } from "../../src/resources/changes.ts";
import { successiveSnapshots } from "../successive-snapshots.ts";
import { frontend, rule, service, slice } from "../translators/objects.ts";

const WEB = frontend();
const R1 = rule("r1");
const ECHO = service("echo", ["10.0.0.1"]);
const OTHER = service("other", ["10.0.0.9"]);
const BASE = [WEB, R1, ...ECHO, ...OTHER];

function endpoints(name: string, kind: "Endpoints" | "EndpointSlice", address: string): unknown {
  if (kind === "EndpointSlice") return slice(name, `${name}-2`, [{ addresses: [address] }]);
  const subsets = [{ addresses: [{ ip: address }], ports: [{ name: "http", port: 8080 }] }];
  return { apiVersion: "v1", kind, metadata: { name }, subsets };
}

function change(before: readonly unknown[], after: readonly unknown[]) {
  const snapshot = successiveSnapshots();
  const result = atOnce(compareSnapshots(snapshot(before), snapshot(after)));
  return result.type === "endpoints" ? [...result.services].sort() : result.type;
}

describe("differences between snapshots", () => {
  it("are none when every object is the same, whatever their order", () => {
    assert.equal(change(BASE, BASE), "nothing");
    assert.equal(change(BASE, [...BASE].reverse()), "nothing");
  });

  it("are endpoints when only what Services lead to came, went or changed", () => {
    assert.deepEqual(change(BASE, [...BASE, endpoints("echo", "EndpointSlice", "10.0.0.2")]), [
      "default/echo",
    ]);
    assert.deepEqual(change([...BASE, endpoints("echo", "Endpoints", "10.0.0.2")], BASE), ["default/echo"]);
    assert.deepEqual(change(BASE, [WEB, R1, ...service("echo", ["10.0.0.2"]), ...OTHER]), ["default/echo"]);
    assert.deepEqual(change(BASE, [WEB, R1, ...OTHER]), ["default/echo"]);
    assert.deepEqual(change([WEB, R1], BASE), ["default/echo", "default/other"]);
  });

  it("concern both Services when a slice moves from one to the other", () => {
    const moved = [{ addresses: ["10.0.0.3"] }];
    assert.deepEqual(
      change([...BASE, slice("echo", "s", moved)], [...BASE, slice("other", "s", moved)]),
      ["default/echo", "default/other"],
    );
  });

  it("may be anything when another kind has changed", () => {
    assert.equal(change(BASE, [WEB, rule("r1", { priority: 1 }), ...ECHO, ...OTHER]), "anything");
    assert.equal(change(BASE, [...BASE, rule("r2")]), "anything");
    assert.equal(change(BASE, [WEB, ...ECHO, ...OTHER]), "anything");
  });

  it("are endpoints when an external name has other addresses", () => {
    const external = [
      ...BASE,
      ...["ext", "twin", "still"].map((name) => ({
        apiVersion: "v1",
        kind: "Service",
        metadata: { name },
        spec: { type: "ExternalName", externalName: name === "still" ? "s.example" : "e.example" },
      })),
    ];
    const snapshot = successiveSnapshots();
    const names = (address: string) => new Map([["e.example", [address]], ["s.example", ["10.9.9.9"]]]);
    const before = snapshot(external, { names: names("10.1.1.1") });
    const after = snapshot(external, { names: names("10.1.1.2") });
    assert.deepEqual(atOnce(compareSnapshots(before, after)), {
      type: "endpoints",
      services: new Set(["default/ext", "default/twin"]),
    });
    assert.deepEqual(atOnce(compareSnapshots(before, snapshot(external, { names: names("10.1.1.1") }))), {
      type: "nothing",
    });
  });
});
