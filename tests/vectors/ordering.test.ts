/** 02-ordering.yaml against the real program: order and complexity as `/api/table` shows them, and who answers. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "../blackbox/harness/addresses.ts";
import { request } from "../blackbox/harness/client.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { value } from "../blackbox/harness/message.ts";
import { alb2, boundTo, frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { type Case, fieldLines, loadCases, type VectorRequest, type VectorRule } from "./load.ts";

interface OrderingCase extends Case {
  readonly given: {
    readonly rules: readonly VectorRule[];
    readonly frontend?: { readonly serviceGroup?: boolean; readonly redirect?: unknown };
    readonly alb?: Readonly<Record<string, unknown>>;
  };
  readonly expect: {
    readonly order: readonly string[];
    readonly complexity?: Readonly<Record<string, number>>;
  };
  readonly requests?: readonly VectorRequest[];
}

const FRONTEND = "alb-00080";
const SERVICES = [{ name: "echo" }];

/** Rulings that replace what a superseded case expects. */
const RULED: Readonly<Record<string, OrderingCase["expect"]>> = {
  // unset counts as 5, so the explicit 1 comes first
  "unset-priority-counts-as-zero": { order: ["explicit", "unset"] },
};

function objectsOf({ name: namespace, given }: OrderingCase, port: number, endpoint: string): KubeObject[] {
  return [
    frontend({
      name: FRONTEND,
      namespace,
      port,
      ...(given.frontend?.serviceGroup ? { services: SERVICES } : {}),
    }),
    ...given.rules.map((each) => rule({ ...each, namespace, frontend: FRONTEND, services: SERVICES })),
    ...service({ name: "echo", namespace, endpoints: [endpoint] }),
  ];
}

/** The same under an ALB2 of the case's own; its Ingress port is that of the case. */
function withAlb(test: OrderingCase, port: number, endpoint: string): KubeObject[] {
  return [
    alb2({ name: "lb", namespace: test.name, config: { ...test.given.alb, ingressHTTPPort: port } }),
    ...objectsOf(test, port, endpoint).map((object) => boundTo("lb", object)),
  ];
}

const all = loadCases<OrderingCase>("02-ordering.yaml");
suite("vectors: 02-ordering", all.filter(({ given }) => given.alb === undefined), objectsOf);
for (const test of all.filter(({ given }) => given.alb !== undefined)) {
  suite("vectors: 02-ordering (with an ALB2)", [test], withAlb); // a gateway serves one ALB2
}

function suite(title: string, cases: readonly OrderingCase[], objects: typeof objectsOf): void {
  describe(title, () => run(cases, objects));
}

function run(cases: readonly OrderingCase[], objects: typeof objectsOf): void {
  const ports = new Map<string, number>();
  let upstream: Upstream;
  let gateway: Gateway;
  let table: Json;

  before(async () => {
    upstream = await startUpstream();
    const free = await freePorts(cases.length);
    cases.forEach(({ name }, index) => ports.set(name, free[index]!));
    gateway = await startGateway({
      config: cases.flatMap((test) => objects(test, ports.get(test.name)!, upstream.endpoint)),
    });
    table = await gateway.api("table");
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  for (const test of cases) {
    it(test.name, async () => {
      const expected = test.status === "superseded" ? RULED[test.name] : test.expect;
      assert.ok(expected, `no ruling is known for ${test.name}`);
      const port = ports.get(test.name)!;
      const routes = table.listeners.find((listener: Json) => listener.port === port).routes;
      assert.deepEqual(routes.map((route: Json) => route.name), expected.order);
      assert.deepEqual(routes.map((route: Json) => route.index), expected.order.map((_, index) => index + 1));
      for (const [name, complexity] of Object.entries(expected.complexity ?? {})) {
        const route = routes.find((each: Json) => each.name === name);
        assert.equal(route.order.complexity, complexity, `complexity of ${name}`);
      }
      for (const { url = "/", headers, matchedRule } of test.requests ?? []) {
        const response = await request({
          host: gateway.host,
          port,
          target: url,
          fields: [...fieldLines(headers), ["cpaas-trace", "true"]],
        });
        assert.equal(response.status, 200);
        assert.equal(JSON.parse(value(response, "x-cpaas-trace")!).rule, matchedRule, url);
      }
    });
  }
}
