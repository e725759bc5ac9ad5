/** translate: snapshots as tables. What a table looks like as a whole is shown by the golden cases. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatProblem } from "../../src/errors.ts";
import { atOnce } from "../../src/lib/steps.ts";
import { checkTable } from "../../src/table/check.ts";
import { tableSchema } from "../../src/table/schema.ts";
import type { Listener, Route } from "../../src/table/table.ts";
import { refreshEndpoints, translate } from "../../src/translators/mod.ts";
import type { Translation } from "../../src/translators/types.ts";
import {
  alb2,
  frontend,
  group,
  type Json,
  OPTIONS,
  rule,
  service,
  slice,
  snapshotOf,
  translateObjects,
} from "./objects.ts";

const ECHO = service("echo", ["10.0.0.1"]);

function onlyListener({ table }: Translation): Listener {
  assert.equal(table.listeners.length, 1);
  return table.listeners[0]!;
}

function routeOf(translation: Translation, name: string): Route {
  const route = translation.table.listeners.flatMap(({ routes }) => routes).find((each) =>
    each.name === name
  );
  assert(route !== undefined, `there should be a route ${name}`);
  return route;
}

function problemsOf({ problems }: Translation): string[] {
  return problems.map(formatProblem);
}

describe("the gateway", () => {
  it("is an implicit one, which owns every Frontend, when there is no ALB2", () => {
    const { table } = translateObjects([
      frontend({}, { namespace: "a", labels: { "alb2.cpaas.io/name": "gone" } }),
      frontend({ port: 81 }, { namespace: "b" }),
    ]);
    assert.deepEqual(table.gateway, {
      name: "albatross",
      namespace: "default",
      implicit: true,
      labelDomain: "cpaas.io",
      trustedProxies: [],
      listen: { nics: [], ipv6: true, backlog: null },
    });
    assert.deepEqual(table.listeners.map(({ id, source }) => `${id} ${source.namespace}`), [
      "tcp/80 a",
      "tcp/81 b",
    ]);
  });

  it("is the only ALB2, which owns what is labelled for it", () => {
    const mine = { labels: { "alb2.cpaas.io/name": "edge", "alb2.cpaas.io/frontend": "web" } };
    const translation = translateObjects([
      alb2(),
      frontend({}, mine),
      frontend({ port: 81 }, { name: "unlabelled" }),
      frontend({ port: 82 }, { ...mine, name: "elsewhere", namespace: "other" }),
      rule("mine", {}, mine),
      rule("unlabelled"),
      ...ECHO,
    ]);
    assert.deepEqual(onlyListener(translation).routes.map(({ name }) => name), ["mine"]);
    assert.deepEqual(problemsOf(translation).map((line) => line.split(":")[0]), [
      'Rule default/unlabelled metadata.labels["alb2.cpaas.io/name"]',
      'Frontend default/unlabelled metadata.labels["alb2.cpaas.io/name"]',
      'Frontend other/elsewhere metadata.labels["alb2.cpaas.io/name"]',
    ]);
  });

  it("is the first of several unless one is chosen, and then leaves alone what belongs to others", () => {
    const objects = [
      alb2({}, { name: "b" }),
      alb2({}, { name: "a" }),
      frontend({}, { labels: { "alb2.cpaas.io/name": "a" } }),
      frontend({ port: 81 }, { name: "second", labels: { "alb2.cpaas.io/name": "b" } }),
    ];
    const first = translateObjects(objects);
    assert.equal(onlyListener(first).id, "tcp/80");
    assert.match(
      problemsOf(first).join(),
      /ALB2 default\/a: warning: .* default\/b not; choose one with --alb/,
    );
    const chosen = translateObjects(objects, { alb: { name: "b" } });
    assert.equal(onlyListener(chosen).id, "tcp/81");
    assert.deepEqual(problemsOf(chosen), []);
  });

  it("serves nothing when the ALB2 that was asked for is not there", () => {
    const translation = translateObjects([alb2(), frontend()], { alb: { namespace: "ns", name: "edge" } });
    assert.deepEqual(translation.table.listeners, []);
    assert.equal(translation.table.gateway.name, "edge");
    assert.match(problemsOf(translation).join(), /ALB2 ns\/edge: it was asked for/);
  });

  it("follows the label domain", () => {
    const labels = { "alb2.example.org/frontend": "web" };
    const { table } = translateObjects([frontend(), rule("r", {}, { labels }), ...ECHO], {
      labelDomain: "example.org",
    });
    assert.equal(table.listeners[0]?.routes.length, 1);
  });

  it("trusts the proxies of the command line and of the ALB2, and nobody else", () => {
    const { table, problems } = translateObjects([
      alb2({ trustedProxies: ["fd00::/8", "everybody", "10.0.0.0/8"] }),
    ], {
      trustedProxies: ["10.0.0.0/8"],
    });
    assert.deepEqual(table.gateway.trustedProxies, ["10.0.0.0/8", "fd00::/8"]);
    assert.deepEqual(problems.map(({ field }) => field), ["spec.config.trustedProxies[1]"]);
  });

  it("reads no Frontends when ALB2 says so", () => {
    const objects = [alb2({ enableALb: false }), frontend({}, { labels: { "alb2.cpaas.io/name": "edge" } })];
    assert.deepEqual(translateObjects(objects).table.listeners, []);
  });
});

describe("compatibility", () => {
  const labels = { "alb2.cpaas.io/name": "edge", "alb2.cpaas.io/frontend": "web" };
  const dslx = [{ type: "HOST", values: [["ENDS_WITH", "*.a.com"]] }];

  function translated(
    config: Json,
  ): { via: string | null; labels: unknown; emptyStatus: number | undefined } {
    const translation = translateObjects([
      alb2(config),
      frontend({}, { labels }),
      rule("r", { dslx }, { labels }),
      ...ECHO,
    ]);
    const row = routeOf(translation, "r").match?.[0]?.rows[0];
    return {
      via: onlyListener(translation).via,
      labels: row?.op === "WILDCARD" && row.labels,
      emptyStatus: translation.table.upstreams["default/r"]?.emptyStatus,
    };
  }

  it("is alb unless the ALB2 says standard", () => {
    const alb = { via: "alb", labels: "one", emptyStatus: 500 };
    assert.deepEqual(translated({}), alb);
    assert.deepEqual(translated({ compatibility: "alb" }), alb);
    assert.deepEqual(translated({ compatibility: "standard" }), {
      via: null,
      labels: "any",
      emptyStatus: 503,
    });
  });
});

describe("listeners", () => {
  it("have known protocols only", () => {
    const { table, problems } = translateObjects([
      frontend({ protocol: "HTTP" }),
      frontend({ port: 81, protocol: "sctp" }, { name: "sctp" }),
      frontend({ port: 82, protocol: "" }, { name: "none" }),
      frontend({ port: 83, protocol: "grpc", certificate_name: "ns/tls" }, { name: "g" }),
    ]);
    assert.deepEqual(table.listeners.map(({ port, protocol }) => `${port} ${protocol}`), [
      "80 http",
      "83 grpcs",
    ]);
    assert.deepEqual(problems.map(({ code, object }) => `${code} ${object.name}`), [
      "UnknownProtocol none",
      "UnknownProtocol sctp",
      "Unsupported g",
    ]);
  });

  it("belong to the oldest Frontend of a port; tcp and udp may share one", () => {
    const { table, problems } = translateObjects([
      frontend({}, { name: "young", creationTimestamp: "2024-02-01T00:00:00Z" }),
      frontend({ protocol: "tcp" }, { name: "old", creationTimestamp: "2024-01-01T00:00:00Z" }),
      frontend({}, { name: "ageless" }),
      frontend({ protocol: "udp" }, { name: "datagrams" }),
    ]);
    assert.deepEqual(table.listeners.map(({ id, name }) => `${id} ${name}`), [
      "tcp/80 old",
      "udp/80 datagrams",
    ]);
    assert.deepEqual(problems.map(({ code, object }) => `${code} ${object.name}`), [
      "ListenerConflict young",
      "ListenerConflict ageless",
      "Unsupported old",
      "Unsupported datagrams",
    ]);
    assert.match(problems[0]?.reason ?? "", /Frontend default\/old/);
  });

  it("without rules are there all the same", () => {
    assert.deepEqual(onlyListener(translateObjects([frontend()])).routes, []);
  });
});

describe("rules", () => {
  it("may have the name of their Frontend", () => {
    const translation = translateObjects([frontend({ serviceGroup: group("echo") }), rule("web"), ...ECHO]);
    assert.deepEqual(onlyListener(translation).routes.map(({ id, upstream }) => [id, upstream]), [
      ["tcp/80/default/web", "default/web"],
      ["tcp/80/default/web/default", "default/web/default"],
    ]);
    assert.deepEqual(Object.values(translation.table.upstreams).map((each) => each.group), [
      "web",
      "albatross-80-http",
    ]);
  });

  it("belong to a Frontend of their namespace", () => {
    const translation = translateObjects([
      frontend(),
      rule("nobody", {}, { labels: {} }),
      rule("stranger", {}, { labels: { "alb2.cpaas.io/frontend": "gone" } }),
      rule("elsewhere", {}, { namespace: "other" }),
    ]);
    assert.deepEqual(onlyListener(translation).routes, []);
    assert.deepEqual(translation.problems.map(({ code, object }) => `${code} ${object.name}`), [
      "NoSuchOwner nobody",
      "NoSuchOwner stranger",
      "NoSuchOwner elsewhere",
    ]);
  });

  it("are not installed with a dslx that is missing or malformed, others are", () => {
    const translation = translateObjects([
      frontend(),
      rule("missing", { dslx: null }),
      rule("malformed", { dslx: [{ type: "URL", values: [[]] }] }),
      rule("empty", { dslx: [] }),
      rule("good"),
      ...ECHO,
    ]);
    assert.deepEqual(onlyListener(translation).routes.map(({ name }) => name), ["good", "empty"]);
    assert.equal(routeOf(translation, "empty").match, null);
    assert.deepEqual(
      translation.problems.map(({ code, field, object }) => `${code} ${object.name} ${field}`),
      [
        "InvalidMatch missing spec.dslx",
        "InvalidMatch malformed spec.dslx[0].values[0]",
      ],
    );
  });

  it("count as priority 5 without one, and are warned of odd ones", () => {
    const translation = translateObjects([
      frontend({ serviceGroup: group("echo") }),
      rule("unset"),
      rule("four", { priority: 4 }),
      rule("zero", { priority: 0 }),
      rule("late", { priority: 1000 }),
      rule("early", { priority: -5 }),
      ...ECHO,
    ]);
    const names = onlyListener(translation).routes.map(({ name }) => name);
    assert.deepEqual(names, ["early", "zero", "four", "unset", "late", "web"]);
    assert.deepEqual(translation.problems.map(({ object, field }) => `${object.name} ${field}`), [
      "late spec.priority",
      "early spec.priority",
    ]);
  });

  it("answer an error when their backend protocol cannot be spoken", () => {
    const translation = translateObjects([frontend(), rule("r", { backendProtocol: "grpc" }), ...ECHO]);
    assert.deepEqual(routeOf(translation, "r").refusal, {
      status: 500,
      reason: "spec.backendProtocol is invalid",
    });
    assert.equal(translation.problems[0]?.code, "InvalidAction");
  });

  it("stay without any Service, and say so", () => {
    const translation = translateObjects([frontend(), rule("r", { serviceGroup: null })]);
    assert.deepEqual(translation.table.upstreams["default/r"]?.endpoints, []);
    assert.deepEqual(translation.problems.map(({ field }) => field), ["spec.serviceGroup.services"]);
  });

  it("of ingresses are labelled with them", () => {
    const source = { type: "ingress", namespace: "ns", name: "shop" };
    assert.deepEqual(routeOf(translateObjects([frontend(), rule("r", { source })]), "r").source, source);
    assert.deepEqual(routeOf(translateObjects([frontend(), rule("r")]), "r").source, {
      type: "rule",
      namespace: "default",
      name: "r",
    });
  });
});

describe("upstreams", () => {
  it("sum the weights of an address that two Services share, and sort endpoints", () => {
    const { table } = translateObjects([
      frontend(),
      rule("r", {
        serviceGroup: { services: [{ name: "b", port: 80, weight: 1 }, { name: "a", port: 80, weight: 1 }] },
      }),
      ...service("a", ["10.0.0.3", "10.0.0.1"]),
      ...service("b", ["10.0.0.3", "10.0.0.2"]),
    ]);
    assert.deepEqual(
      table.upstreams["default/r"]?.endpoints.map(({ address, weight }) => [address, weight]),
      [
        ["10.0.0.1", 25],
        ["10.0.0.2", 25],
        ["10.0.0.3", 50],
      ],
    );
  });

  it("report references that lead nowhere, and keep the route", () => {
    const translation = translateObjects([
      frontend(),
      rule("r", {
        serviceGroup: {
          services: [{ name: "gone", namespace: "other", port: 80 }, { name: "echo", port: 9 }],
        },
      }),
      ...ECHO,
    ]);
    assert.equal(routeOf(translation, "r").upstream, "default/r");
    assert.deepEqual(translation.problems.map(({ severity, field }) => `${severity} ${field}`), [
      "warning spec.serviceGroup.services[0].name",
      "warning spec.serviceGroup.services[1].port",
    ]);
    assert.match(translation.problems[0]?.reason ?? "", /no Service other\/gone/);
  });
});

describe("tcp and udp", () => {
  it("have one route: of the first rule, else of the Frontend", () => {
    const translation = translateObjects([
      frontend({
        protocol: "tcp",
        serviceGroup: group("echo"),
        config: { timeout: { proxy_read_timeout_ms: 5 } },
      }),
      rule("b", { dslx: [{ type: "NOPE", values: [["EQ"]] }], config: { auth: { basic: { secret: "s" } } } }),
      rule("a", { dslx: null, priority: 7 }),
      ...ECHO,
    ]);
    const [route, ...others] = onlyListener(translation).routes;
    assert.deepEqual([others.length, route?.name, route?.match, route?.refusal], [0, "b", [], null]);
    assert.deepEqual([route?.timeouts.readMs, route?.backendProtocol], [5, "tcp"]);
    assert.equal(onlyListener(translation).via, null);
    assert.deepEqual(translation.problems.map(({ object, code }) => `${object.name} ${code}`), [
      "web Unsupported",
      "a Unsupported",
    ]);
  });

  it("refuse affinity that needs a request", () => {
    const serviceGroup = { ...group("echo"), session_affinity_policy: "cookie" };
    const translation = translateObjects([frontend({ protocol: "tcp", serviceGroup }), ...ECHO]);
    assert.equal(routeOf(translation, "web").refusal?.status, 500);
    assert.equal(translation.problems.some(({ code }) => code === "InvalidAction"), true);
  });

  it("look up ports of their own protocol", () => {
    const dns = { ports: [{ name: "dns", port: 80, protocol: "UDP", targetPort: 5353 }] };
    const { table } = translateObjects([
      frontend({ protocol: "udp", serviceGroup: group("dns") }),
      ...service("dns", ["10.0.0.1"], dns),
    ]);
    assert.deepEqual(table.upstreams["default/web/default"]?.endpoints.map(({ port }) => port), [5353]);
  });
});

describe("refreshEndpoints", () => {
  const base = [
    frontend(),
    rule("a"),
    rule("b", { serviceGroup: group("other") }),
    rule("c", { serviceGroup: group("gone") }),
  ];
  const before = translate(snapshotOf([...base, ...ECHO, ...service("other", ["10.1.0.1"])]), OPTIONS);

  it("gives what a whole translation would, and touches nothing else", () => {
    const after = snapshotOf([
      ...base,
      ...service("echo", ["10.0.0.2", "10.0.0.3"]),
      ...service("other", ["10.1.0.1"]),
    ]);
    const refreshed = atOnce(refreshEndpoints(before, after, new Set(["default/echo"])));
    assert.deepEqual(refreshed.table, translate(after, OPTIONS).table);
    assert.deepEqual(refreshed.problems, translate(after, OPTIONS).problems);
    assert.equal(refreshed.table.listeners, before.table.listeners);
    assert.equal(refreshed.table.upstreams["default/b"], before.table.upstreams["default/b"]);
  });

  it("knows when references start and cease to lead somewhere", () => {
    const after = snapshotOf([...base, ...service("gone", ["10.2.0.1"]), ...service("other", ["10.1.0.1"])]);
    const refreshed = atOnce(refreshEndpoints(before, after, new Set(["default/gone", "default/echo"])));
    assert.deepEqual(problemsOf(refreshed), problemsOf(translate(after, OPTIONS)));
    assert.match(problemsOf(refreshed).join(), /^Rule default\/a .*no Service default\/echo$/);
    const again = atOnce(
      refreshEndpoints(refreshed, snapshotOf([...base, ...ECHO]), new Set(["default/echo"])),
    );
    assert.deepEqual(problemsOf(again), []);
  });

  it("keeps problems that were added since", () => {
    const problem = { ...before.problems[0]!, stale: true };
    const marked = { ...before, problems: [problem, ...before.problems] };
    const after = snapshotOf([...base, ...service("echo", ["10.0.0.2"])]);
    assert.equal(atOnce(refreshEndpoints(marked, after, new Set(["default/echo"]))).problems[0], problem);
  });

  it("is the same value when nobody uses the Service", () => {
    const after = snapshotOf([...base, ...ECHO, ...service("unused", ["10.3.0.1"])]);
    assert.equal(atOnce(refreshEndpoints(before, after, new Set(["default/unused"]))), before);
  });
});

describe("any objects", () => {
  const word = fc.constantFrom(
    "EQ",
    "IN",
    "ENDS_WITH",
    "REGEX",
    "RANGE",
    "EXIST",
    "CIDR",
    "/a",
    "*.b",
    "1.1.1.1/8",
    "(",
    "",
  );
  const dslx = fc.array(
    fc.record({
      type: fc.constantFrom("URL", "HOST", "SRC_IP", "HEADER", "PARAM", "COOKIE", "METHOD", "NOPE"),
      key: fc.constantFrom("", "X-A"),
      values: fc.array(fc.array(word, { maxLength: 4 }), { maxLength: 3 }),
    }),
    { maxLength: 4 },
  );
  const spec = fc.record({
    dslx: fc.option(dslx),
    priority: fc.option(fc.integer({ min: -10, max: 2000 })),
    backendProtocol: fc.constantFrom("", "https", "grpc"),
    serviceGroup: fc.record({
      session_affinity_policy: fc.constantFrom("", "cookie", "header", "odd"),
      services: fc.array(
        fc.record({
          name: fc.constantFrom("echo", "gone"),
          port: fc.constantFrom(80, 81),
          weight: fc.integer({ min: -5, max: 200 }),
        }),
        { maxLength: 3 },
      ),
    }),
  });
  const protocol = fc.constantFrom("http", "https", "grpc", "tcp", "udp", "odd");

  it("give a table that may be served and that its schema describes, whatever their order", () => {
    fc.assert(fc.property(fc.array(spec, { maxLength: 8 }), protocol, (specs, ftProtocol) => {
      const rules = specs.map((each, index) => rule(`r${index}`, each));
      const ft = frontend({ protocol: ftProtocol, serviceGroup: group("echo") });
      const { table } = translateObjects([ft, ...rules, ...ECHO]);
      assert.deepEqual(checkTable(table), []);
      assert.deepEqual(tableSchema.parse(JSON.parse(JSON.stringify(table))), table);
      assert.deepEqual(
        translateObjects([...ECHO, ...rules.toReversed(), ft]).table.listeners,
        table.listeners,
      );
    }));
  });
});

describe("slices without a Service", () => {
  it("mean nothing", () => {
    const orphan = slice("echo", "echo-1", [{ addresses: ["10.0.0.1"] }]);
    const { table } = translateObjects([frontend(), rule("r"), orphan]);
    assert.deepEqual(table.upstreams["default/r"]?.endpoints, []);
  });
});
