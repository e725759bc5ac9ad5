/** What keeps serving after a bad edit (rulings of the design: a bad object). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refreshEndpoints } from "../../src/translators/mod.ts";
import {
  type GoodVersions,
  type KeptTranslation,
  translateKeepingGood,
} from "../../src/translators/last-good.ts";
import { frontend, type Json, OPTIONS, rule, service, snapshotOf } from "./objects.ts";

const BAD = [{ type: "URL", values: [["REGEX", "("]] }];

function keep(objects: readonly Json[], before?: GoodVersions): KeptTranslation {
  return translateKeepingGood(snapshotOf([...objects, ...service("echo", ["10.0.0.1"])]), OPTIONS, before);
}

function routesOf({ table }: KeptTranslation): string[] {
  return table.listeners.flatMap(({ routes }) =>
    routes.map(({ name, match }) => `${name} ${JSON.stringify(match)}`)
  );
}

describe("translateKeepingGood", () => {
  const good = keep([frontend(), rule("a"), rule("b")]);

  it("keeps the last good version of a rule and marks the problem", () => {
    const edited = keep([frontend(), rule("a", { dslx: BAD }), rule("b")], good.good);
    assert.deepEqual(routesOf(edited), routesOf(good));
    assert.deepEqual(edited.problems.map(({ object, code, stale }) => [object.name, code, stale]), [
      ["a", "InvalidMatch", true],
    ]);
    const again = keep([frontend(), rule("a", { dslx: BAD }), rule("b")], edited.good);
    assert.deepEqual(routesOf(again), routesOf(good));
  });

  it("does not install a rule that was never good", () => {
    const added = keep([frontend(), rule("a"), rule("b"), rule("c", { dslx: BAD })], good.good);
    assert.deepEqual(routesOf(added), routesOf(good));
    assert.deepEqual(added.problems.map(({ object, stale }) => [object.name, stale]), [["c", undefined]]);
  });

  it("forgets objects that are gone, and takes good ones at once", () => {
    const gone = keep([frontend(), rule("b")], good.good);
    assert.deepEqual(
      routesOf(keep([frontend(), rule("a", { dslx: BAD }), rule("b")], gone.good)),
      routesOf(gone),
    );
    const root = [{ type: "URL", values: [["EQ", "/"]] }];
    const better = keep([frontend(), rule("a", { dslx: root }), rule("b")], good.good);
    assert.match(routesOf(better)[0] ?? "", /^a .*"EQ"/);
  });

  it("keeps a Frontend whose protocol became unknown", () => {
    const edited = keep([frontend({ protocol: "htpp" }), rule("a"), rule("b")], good.good);
    assert.deepEqual(routesOf(edited), routesOf(good));
    assert.deepEqual(edited.problems.map(({ code, stale }) => [code, stale]), [["UnknownProtocol", true]]);
  });

  it("does not keep what demands authentication without it", () => {
    const auth = { config: { auth: { basic: { secret: "ns/users" } } } };
    const edited = keep([frontend(), rule("a", auth), rule("b")], good.good);
    assert.deepEqual(edited.table.listeners[0]?.routes.map(({ refusal }) => refusal?.status), [
      503,
      undefined,
    ]);
  });

  it("keeps its problems when endpoints are refreshed", () => {
    const objects = [frontend(), rule("a", { dslx: BAD }), rule("b"), ...service("echo", ["10.0.0.2"])];
    const edited = keep(objects.slice(0, 3), good.good);
    const refreshed = refreshEndpoints(edited, snapshotOf(objects), new Set(["default/echo"]));
    assert.deepEqual(refreshed.table.upstreams["default/a"]?.endpoints.map(({ address }) => address), [
      "10.0.0.2",
    ]);
    assert.deepEqual(refreshed.problems, edited.problems);
  });
});
