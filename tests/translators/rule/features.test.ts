/** What routes get beside match and upstream: filters, refusals, and warnings of what cannot be done yet. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Route } from "../../../src/table/table.ts";
import type { Translation } from "../../../src/translators/types.ts";
import { alb2, frontend, group, type Json, rule, service, translateObjects } from "../objects.ts";

const LABELS = { labels: { "alb2.cpaas.io/name": "edge", "alb2.cpaas.io/frontend": "web" } };
const BASIC = { basic: { auth_type: "basic", secret: "ns/users" } };

interface Configs {
  readonly rule?: unknown;
  readonly frontend?: unknown;
  readonly alb?: unknown;
}

/** A rule `r` and a default route, with these `spec.config` on the three levels. */
function translated(configs: Configs, ruleSpec: Json = {}, others: readonly Json[] = []): Translation {
  return translateObjects([
    alb2({}, {}),
    frontend(
      { serviceGroup: group("echo"), ...(configs.frontend ? { config: configs.frontend } : {}) },
      LABELS,
    ),
    rule("r", { ...ruleSpec, ...(configs.rule ? { config: configs.rule } : {}) }, LABELS),
    ...service("echo", ["10.0.0.1"]),
    ...others,
  ].map((object) =>
    configs.alb && object["kind"] === "ALB2" ? { ...object, spec: { config: configs.alb } } : object
  ));
}

function routes({ table }: Translation): { rule: Route; fallback: Route } {
  const [first, second] = table.listeners[0]?.routes ?? [];
  assert(first?.name === "r" && second?.name === "web");
  return { rule: first, fallback: second };
}

function refusals(translation: Translation): (number | undefined)[] {
  const { rule, fallback } = routes(translation);
  return [rule.refusal?.status, fallback.refusal?.status];
}

describe("authentication", () => {
  const USERS = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "users", namespace: "ns" },
    stringData: { auth: "foo:{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00=" },
  };
  const FORWARD = { forward: { url: "http://a/auth" } };

  /** Types of the filters of authentication that rule and default route have. */
  function filters(translation: Translation): string[][] {
    const { rule, fallback } = routes(translation);
    return [rule, fallback].map((route) =>
      route.filters.map(({ type }) => type).filter((type) => type.includes("auth"))
    );
  }

  it("protects what demands it, on whatever level, default routes included", () => {
    assert.deepEqual(filters(translated({ rule: { auth: FORWARD } })), [["forward-auth"], []]);
    assert.deepEqual(filters(translated({ frontend: { auth: FORWARD } })), [["forward-auth"], [
      "forward-auth",
    ]]);
    assert.deepEqual(filters(translated({ alb: { auth: FORWARD } })), [["forward-auth"], ["forward-auth"]]);
  });

  it("is decided by the nearest level as a whole", () => {
    const basic = translated({ rule: { auth: BASIC }, frontend: { auth: FORWARD } }, {}, [USERS]);
    assert.deepEqual(filters(basic), [["basic-auth"], ["forward-auth"]]);
    assert.deepEqual(filters(translated({ rule: { auth: {} }, frontend: { auth: FORWARD } })), [
      [],
      ["forward-auth"],
    ]);
    assert.deepEqual(filters(translated({ frontend: { auth: {} }, alb: { auth: FORWARD } })), [[], []]);
  });

  it("is switched off by enable: false and by the annotation, whatever is demanded", () => {
    const off = { enable: false, ...FORWARD };
    assert.deepEqual(filters(translated({ rule: { auth: off }, alb: { auth: FORWARD } })), [
      [],
      ["forward-auth"],
    ]);
    for (const key of ["alb.ingress.cpaas.io/auth-enable", "alb.rule.cpaas.io/auth-enable"]) {
      const objects = [
        frontend({ serviceGroup: group("echo"), config: { auth: "unreadable" } }),
        rule("r", { config: { auth: FORWARD } }, {
          labels: { "alb2.cpaas.io/frontend": "web" },
          annotations: { [key]: "False" },
        }),
      ];
      const translation = translateObjects(objects);
      assert.deepEqual(filters(translation), [[], []]);
      assert.deepEqual(refusals(translation), [undefined, 503]);
    }
  });

  it("that is wrong is reported once, on the object that demands it, and lets nobody through", () => {
    const translation = translated({ frontend: { auth: BASIC } });
    assert.deepEqual(
      translation.problems.map(({ severity, code, object, field }) => [severity, code, object.kind, field]),
      [["error", "UnresolvedReference", "Frontend", "spec.config.auth.basic.secret"]],
    );
    assert.deepEqual(filters(translation), [["auth-refusal"], ["auth-refusal"]]);
  });

  it("does not quote what may be a password", () => {
    const { problems } = translated({ rule: { auth: { forward: { url: "http://u:hunter2@a/" } } } });
    assert.equal(problems.length, 1);
    assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
  });
});

describe("middlewares", () => {
  it("run from the gateway's to the rule's own, on default routes too", () => {
    const list = (name: string, options?: unknown) => ({ middlewares: [{ name, options }] });
    const translation = translated({ alb: list("a"), frontend: list("f", { x: 1 }), rule: list("r") });
    const filter = (name: string, kind: string, owner: string, options: unknown = null) => ({
      type: "middleware",
      name,
      options,
      source: { kind, namespace: "default", name: owner, place: 0 },
    });
    const { rule, fallback } = routes(translation);
    const own = rule.filters.filter(({ type }) => type === "middleware");
    assert.deepEqual(own, [
      filter("a", "ALB2", "edge"),
      filter("f", "Frontend", "web", { x: 1 }),
      filter("r", "Rule", "r"),
    ]);
    const inherited = fallback.filters.filter(({ type }) => type === "middleware");
    assert.deepEqual(inherited, own.slice(0, 2));
  });
});

describe("timeouts", () => {
  it("of the Frontend and the ALB2 reach default routes", () => {
    const read = (ms: number) => ({ timeout: { proxy_read_timeout_ms: ms } });
    const both = routes(translated({ frontend: read(2), alb: read(3) }));
    assert.deepEqual([both.rule.timeouts.readMs, both.fallback.timeouts.readMs], [2, 2]);
    const own = routes(translated({ rule: read(1), alb: read(3) }));
    assert.deepEqual([own.rule.timeouts.readMs, own.fallback.timeouts.readMs], [1, 3]);
  });
});

describe("parts that their schema refuses", () => {
  it("close the routes that needed them", () => {
    assert.deepEqual(refusals(translated({ rule: { auth: "x" } })), [503, undefined]);
    assert.deepEqual(refusals(translated({ rule: { timeout: "x" } })), [500, undefined]);
    assert.deepEqual(refusals(translated({ frontend: { auth: "x" } })), [503, 503]);
    assert.deepEqual(refusals(translated({ alb: { auth: "x" } })), [503, 503]);
    assert.deepEqual(refusals(translated({ rule: { timeout: {}, auth: null }, alb: { auth: "x" } })), [
      503,
      503,
    ]);
    assert.deepEqual(refusals(translated({ alb: "x" })), [500, 500]);
    assert.deepEqual(refusals(translated({}, { serviceGroup: 5 })), [500, undefined]);
  });

  it("close nothing that has the part nearer by, or never had it", () => {
    assert.deepEqual(refusals(translated({ rule: { auth: {} }, frontend: { auth: "x" } })), [undefined, 503]);
    assert.deepEqual(refusals(translated({ rule: { timeout: {} }, frontend: { timeout: "x" } })), [
      undefined,
      500,
    ]);
    assert.deepEqual(refusals(translated({ rule: { middlewares: [] }, frontend: { middlewares: "x" } })), [
      500,
      500,
    ]);
    assert.deepEqual(
      refusals(translated({ rule: { middlewares: [] }, alb: { middlewares: [{ name: 5 }] } })),
      [
        500,
        500,
      ],
    );
    assert.deepEqual(refusals(translated({ alb: { timeout: "x" } })), [undefined, undefined]);
    assert.deepEqual(refusals(translated({ rule: { errorPages: "x" } })), [undefined, undefined]);
    assert.deepEqual(refusals(translated({ frontend: { keepalive: "x" } })), [undefined, undefined]);
    assert.deepEqual(refusals(translated({ alb: { workerLimit: "x" } })), [undefined, undefined]);
    assert.deepEqual(refusals(translated({}, { source: "x" })), [undefined, undefined]);
  });

  it("are named to clients without their values", () => {
    const { rule } = routes(translated({ rule: { auth: { basic: "hunter2" } } }));
    assert.match(rule.refusal?.reason ?? "", /^spec\.config\.auth is invalid$/);
  });

  it("leave a default route that says so", () => {
    const { table } = translateObjects([frontend({ serviceGroup: "x" })]);
    assert.deepEqual(table.listeners[0]?.routes.map(({ name, refusal }) => [name, refusal?.status]), [[
      "web",
      500,
    ]]);
  });
});

describe("settings whose filters do not exist yet", () => {
  it("are warned of, field by field, and served without", () => {
    const config = { otel: { enable: true }, modsecurity: { enable: true } };
    const translation = translated({ rule: config, alb: config });
    assert(
      translation.problems.every(({ severity, code }) => severity === "warning" && code === "Unsupported"),
    );
    assert.deepEqual(translation.problems.map(({ object, field }) => `${object.kind} ${field}`), [
      "ALB2 spec.config.otel",
      "ALB2 spec.config.modsecurity",
      "Rule spec.config.otel",
      "Rule spec.config.modsecurity",
    ]);
    assert.deepEqual(refusals(translation), [undefined, undefined]);
  });

  it("are not warned of when they are there but off", () => {
    const config = { otel: { enable: false }, modsecurity: { enable: false }, auth: {} };
    assert.deepEqual(translated({ rule: config, frontend: config, alb: config }).problems, []);
  });
});
