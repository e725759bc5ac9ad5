/** Translation over time: the short path gives what the long one would, and bad edits take nothing away. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatProblem } from "../src/errors.ts";
import { atOnce } from "../src/lib/steps.ts";
import type { Snapshot } from "../src/resources/snapshot.ts";
import { createTranslator } from "../src/translation.ts";
import { translate } from "../src/translators/mod.ts";
import type { Translation } from "../src/translators/types.ts";
import { successiveSnapshots } from "./successive-snapshots.ts";
import { alb2, frontend, group, OPTIONS, rule, service } from "./translators/objects.ts";

const WEB = frontend();
const ECHO = service("echo", ["10.0.0.1"]);
const BAD_DSLX = [{ type: "URL", values: [["NOPE", "/"]] }];

function start() {
  const translator = createTranslator(OPTIONS);
  return { snapshot: successiveSnapshots(), next: (snapshot: Snapshot) => atOnce(translator(snapshot)) };
}

function routes({ table }: Translation): string[] {
  return table.listeners.flatMap(({ routes }) =>
    routes.map(({ name, match }) => `${name} ${JSON.stringify(match?.[0]?.rows)}`)
  );
}

describe("the short path", () => {
  it("keeps routes and gives the endpoints that a full translation would give", () => {
    const { snapshot, next } = start();
    const before = next(snapshot([WEB, rule("r1"), ...ECHO]));
    const changed = snapshot([WEB, rule("r1"), ...service("echo", ["10.0.0.1", "10.0.0.2"])]);
    const after = next(changed);
    assert.equal(after.table.listeners, before.table.listeners, "nothing to compile again");
    assert.deepEqual(after.table, translate(changed, OPTIONS).table);
  });

  it("does nothing when nothing changed", () => {
    const { snapshot, next } = start();
    const objects = [WEB, rule("r1"), ...ECHO];
    const first = next(snapshot(objects));
    assert.equal(next(snapshot(objects)), first);
  });

  it("follows endpoints over many steps", () => {
    const { snapshot, next } = start();
    for (const last of [1, 2, 3, 2, 9]) {
      const objects = [WEB, rule("r1"), ...service("echo", [`10.0.0.${last}`])];
      const { table } = next(snapshot(objects));
      assert.deepEqual(Object.values(table.upstreams)[0]!.endpoints.map(({ address }) => address), [
        `10.0.0.${last}`,
      ]);
    }
  });

  it("is not taken where problems name places that may have moved", () => {
    const { snapshot, next } = start();
    const bad = rule("bad", { dslx: BAD_DSLX });
    next(snapshot([WEB, bad, ...ECHO], { file: "a.yaml" }));
    const { problems } = next(snapshot([WEB, ...service("echo", ["10.0.0.2"]), bad], { file: "a.yaml" }));
    assert.deepEqual(problems.map(({ object }) => object.line), [4]);
  });
});

describe("an object that turns bad", () => {
  it("keeps its last good version, marked stale, over any number of steps", () => {
    const { snapshot, next } = start();
    const before = next(snapshot([WEB, rule("r1", { priority: 3 }), ...ECHO]));
    for (const priority of [1, 2]) {
      const after = next(snapshot([WEB, rule("r1", { priority, dslx: BAD_DSLX }), ...ECHO]));
      assert.deepEqual(after.table, before.table);
      assert.deepEqual(after.problems.map(({ stale, field }) => [stale, field.slice(0, 9)]), [[
        true,
        "spec.dslx",
      ]]);
      assert.match(formatProblem(after.problems[0]!), /NOPE/);
    }
    const mended = next(snapshot([WEB, rule("r1", { priority: 4 }), ...ECHO]));
    assert.deepEqual(mended.problems, []);
    assert.equal(mended.table.listeners[0]!.routes[0]!.order.priority, 4);
  });

  it("does not hold up its neighbours, nor their endpoints", () => {
    const { snapshot, next } = start();
    next(snapshot([WEB, rule("r1"), rule("r2"), ...ECHO]));
    const bad = rule("r1", { dslx: BAD_DSLX });
    const after = next(snapshot([WEB, bad, rule("r3"), ...service("echo", ["10.0.0.7"])]));
    assert.deepEqual(routes(after).map((route) => route.split(" ")[0]), ["r1", "r3"]);
    const endpoints = Object.values(after.table.upstreams).flatMap(({ endpoints }) => endpoints);
    assert.deepEqual([...new Set(endpoints.map(({ address }) => address))], ["10.0.0.7"]);
  });

  it("is left out when it was never good, and when it is gone in between", () => {
    const { snapshot, next } = start();
    const bad = rule("r1", { dslx: BAD_DSLX });
    const first = next(snapshot([WEB, bad, ...ECHO]));
    assert.deepEqual([routes(first), first.problems[0]?.stale], [[], undefined]);
    next(snapshot([WEB, rule("r1"), ...ECHO]));
    next(snapshot([WEB, ...ECHO]));
    const again = next(snapshot([WEB, bad, ...ECHO]));
    assert.deepEqual([routes(again), again.problems[0]?.stale], [[], undefined]);
  });

  it("keeps a whole Frontend when its protocol becomes unknown", () => {
    const { snapshot, next } = start();
    const before = next(snapshot([WEB, rule("r1"), ...ECHO]));
    const after = next(snapshot([frontend({ protocol: "carrier-pigeon" }), rule("r1"), ...ECHO]));
    assert.deepEqual(after.table, before.table);
    assert.deepEqual(after.problems.map(({ code, stale }) => [code, stale]), [["UnknownProtocol", true]]);
  });

  it("is not what only refers to something that is gone", () => {
    const { snapshot, next } = start();
    next(snapshot([WEB, rule("r1"), ...ECHO]));
    const after = next(snapshot([WEB, rule("r1", { serviceGroup: group("gone") }), ...ECHO]));
    assert.deepEqual(after.problems.map(({ code, stale }) => [code, stale]), [[
      "UnresolvedReference",
      undefined,
    ]]);
    assert.deepEqual(after.table.upstreams["default/r1"]?.endpoints ?? [], []);
  });

  it("can be the ALB2", () => {
    const labels = { "alb2.cpaas.io/name": "edge" };
    const web = frontend({}, { labels });
    const { snapshot, next } = start();
    const before = next(snapshot([alb2({ trustedProxies: ["10.0.0.0/8"] }), web]));
    const after = next(snapshot([alb2({ trustedProxies: ["10.0.0.0/8", "nonsense"] }), web]));
    assert.deepEqual(after.table.gateway, before.table.gateway);
    assert.deepEqual(after.problems.map(({ stale }) => stale), [true]);
  });
});
