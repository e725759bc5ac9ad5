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

describe("a Secret that turns bad", () => {
  const HASH = "$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1";
  const secret = (stringData: Readonly<Record<string, string>>) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s" },
    stringData,
  });
  const GUARDED = rule("r1", { config: { auth: { basic: { auth_type: "basic", secret: "s" } } } });
  const VERIFIED = rule("r2", { backendProtocol: "https", config: { upstreamTLS: { caSecret: "s" } } });
  const CA = "-----BEGIN CERTIFICATE-----";
  const objects = (
    data: Readonly<Record<string, string>>,
    rules = [GUARDED],
  ) => [WEB, ...rules, ...ECHO, secret(data)];

  function users({ table }: Translation): readonly string[] {
    return table.listeners[0]!.routes.flatMap(({ filters }) =>
      filters.flatMap((filter) => filter.type === "basic-auth" ? filter.users.map(({ name }) => name) : [])
    );
  }

  it("counts on as it was, and is stale", () => {
    const { snapshot, next } = start();
    const before = next(snapshot(objects({ auth: `a:${HASH}` })));
    for (const bad of ["a:x", "b:x", ""]) {
      const after = next(snapshot(objects({ auth: bad })));
      assert.deepEqual(after.table, before.table);
      assert.deepEqual(after.problems.map(({ object, stale }) => [object.kind, stale]), [["Secret", true]]);
    }
    assert.deepEqual(users(next(snapshot(objects({ auth: `b:${HASH}` })))), ["b"]);
  });

  it("is told once, however many name it", () => {
    const { snapshot, next } = start();
    const rules = ["r1", "r2", "r3"].map((name) => ({
      ...GUARDED,
      metadata: { ...rule(name)["metadata"] as object },
    }));
    const { problems, uses } = next(snapshot(objects({ auth: "a:x" }, rules)));
    assert.deepEqual(problems.map(({ object, field }) => `${object.kind} ${field}`), ["Secret data.auth"]);
    assert.deepEqual(uses.get("Rule default/r3"), [{ kind: "Secret", namespace: "default", name: "s" }]);
  });

  it("serves all whom its earlier version served", () => {
    const { snapshot, next } = start();
    const rules = [GUARDED, VERIFIED];
    const before = next(snapshot(objects({ auth: `a:${HASH}`, "ca.crt": CA }, rules)));
    const after = next(snapshot(objects({ auth: `b:${HASH}` }, rules)));
    assert.deepEqual(after.table, before.table);
    assert.deepEqual(after.problems.map(({ field, stale }) => [field, stale]), [['data["ca.crt"]', true]]);
  });

  it("is not held back by somebody who names what it never was", () => {
    const { snapshot, next } = start();
    next(snapshot(objects({ auth: `a:${HASH}` })));
    // At the moment in which it changes, and later.
    const rules = [GUARDED, VERIFIED];
    for (const name of ["b", "c"]) {
      const after = next(snapshot(objects({ auth: `${name}:${HASH}` }, rules)));
      assert.deepEqual(users(after), [name]);
      assert.deepEqual(after.problems.map(({ stale }) => stale), [undefined]);
    }
    // Nor does he take from others what they had.
    const bad = next(snapshot(objects({ auth: "d:x" }, rules)));
    assert.deepEqual(users(bad), ["c"]);
    assert.deepEqual(bad.problems.map(({ field, stale }) => [field, stale]), [
      ["data.auth", true],
      ['data["ca.crt"]', true],
    ]);
  });
});
