/** 02-ordering.yaml against the real program: order and complexity as `/api/table` shows them, and who answers. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "../blackbox/harness/addresses.ts";
import { request } from "../blackbox/harness/client.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { value } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
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

function notRun({ given }: OrderingCase): string | false {
  return given.alb?.["ingressSSLRedirect"] === true || given.frontend?.redirect !== undefined
    ? "redirects are a later feature"
    : false;
}

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

describe("vectors: 02-ordering", () => {
  const cases = loadCases<OrderingCase>("02-ordering.yaml");
  const run = cases.filter((test) => notRun(test) === false);
  const ports = new Map<string, number>();
  let upstream: Upstream;
  let gateway: Gateway;
  let table: Json;

  before(async () => {
    upstream = await startUpstream();
    const free = await freePorts(run.length);
    run.forEach(({ name }, index) => ports.set(name, free[index]!));
    gateway = await startGateway({
      config: run.flatMap((test) => objectsOf(test, ports.get(test.name)!, upstream.endpoint)),
    });
    table = await gateway.api("table");
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  for (const test of cases) {
    it(test.name, { skip: notRun(test) }, async () => {
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
});
