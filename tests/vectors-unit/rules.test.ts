/** 01-dslx.yaml and 02-ordering.yaml as far as they speak of translation: prefix form, order, complexity. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DslxTerm } from "../../src/resources/rule.ts";
import type { Route } from "../../src/table/table.ts";
import { prefixForm, prefixFormLength } from "../../src/translators/rule/prefix-form.ts";
import { alb2, frontend, group, type Json, rule, service, translateObjects } from "../translators/objects.ts";
import { type Case, loadCases, type VectorRule } from "../vectors/load.ts";

interface DslxCase extends Case {
  readonly given: { readonly dslx: readonly { type: string; key?: string; values: string[][] }[] | null };
  readonly internal?: unknown;
}

interface OrderingCase extends Case {
  readonly given: {
    readonly rules: readonly VectorRule[];
    readonly frontend?: { readonly serviceGroup?: boolean; readonly redirect?: unknown };
    readonly alb?: Json;
  };
  readonly expect: {
    readonly order?: readonly string[];
    readonly complexity?: Readonly<Record<string, number>>;
    readonly dslLength?: Readonly<Record<string, number>>;
  };
}

/** Rulings that replace what a superseded case expects. */
const RULED: Readonly<Record<string, OrderingCase["expect"]>> = {
  // Unset counts as 5, so the explicit 1 comes first.
  "unset-priority-counts-as-zero": { order: ["explicit", "unset"] },
};

describe("vectors: 01-dslx, prefix form", () => {
  for (const { name, given, internal } of loadCases<DslxCase>("01-dslx.yaml")) {
    if (internal === undefined) continue;
    it(name, () => {
      const terms = (given.dslx ?? []).map(({ key = "", ...rest }): DslxTerm => ({ key, ...rest }));
      const form = prefixForm(terms);
      assert.deepEqual(form, internal);
      assert.equal(prefixFormLength(form), JSON.stringify(internal).length);
    });
  }
});

describe("vectors: 02-ordering", () => {
  for (const vector of loadCases<OrderingCase>("02-ordering.yaml")) {
    const expected = RULED[vector.name] ?? vector.expect;
    it(vector.name, () => {
      const routes = translated(vector);
      if (expected.order !== undefined) assert.deepEqual(routes.map(({ name }) => name), expected.order);
      assertNumbers(routes, "complexity", expected.complexity);
      assertNumbers(routes, "matchLength", expected.dslLength);
    });
  }
});

/** Everything is labelled for the ALB2 of the case. */
function translated({ given }: OrderingCase): readonly Route[] {
  const labels = { "alb2.cpaas.io/name": "edge", "alb2.cpaas.io/frontend": "alb-00080" };
  const { table } = translateObjects([
    alb2(given.alb),
    frontend(
      {
        ...(given.frontend?.serviceGroup ? { serviceGroup: group("echo") } : {}),
        config: { redirect: given.frontend?.redirect },
      },
      { name: "alb-00080", labels },
    ),
    ...given.rules.map(({ name, ...spec }) => rule(name, spec, { labels })),
    ...service("echo", ["10.0.0.1"]),
  ]);
  return table.listeners[0]?.routes ?? [];
}

function assertNumbers(
  routes: readonly Route[],
  key: "complexity" | "matchLength",
  expected: Readonly<Record<string, number>> = {},
): void {
  const found = routes.filter(({ name }) => name in expected).map(({ name, order }) => [name, order[key]]);
  assert.deepEqual(Object.fromEntries(found), expected);
}
