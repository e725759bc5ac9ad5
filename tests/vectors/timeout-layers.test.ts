/** 09-timeout-retry.yaml, kind layering: which of ALB2, Frontend and Rule decides, as `/api/table` shows it. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "../blackbox/harness/addresses.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { alb2, boundTo, frontend, type KubeObject, rule } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { type Case, loadCases } from "./load.ts";

type TimeoutFields = Readonly<Record<string, number>> | null;

interface LayeringCase extends Case {
  readonly kind: "layering";
  readonly given: {
    readonly protocol: string;
    readonly alb: TimeoutFields;
    readonly ft: TimeoutFields;
    readonly rule: TimeoutFields;
  };
  readonly expect: { readonly effective: TimeoutFields };
}

describe("vectors: 09-timeout-retry (layers)", () => {
  const DEFAULTS = { connectMs: 5000, sendMs: 120_000, readMs: 120_000 };
  const cases = loadCases<LayeringCase>("09-timeout-retry.yaml").filter(({ kind, given }) =>
    kind === "layering" && given.protocol === "http"
  );
  const ports = new Map<string, number>();
  let gateway: Gateway;
  let table: Json;

  before(async () => {
    const alb = cases[0]!.given.alb;
    for (const { given } of cases) assert.deepEqual(given.alb, alb, "one gateway has one ALB2");
    for (const { name } of cases) ports.set(name, await freePort());
    gateway = await startGateway({
      config: [
        alb2({ name: "lb", config: { timeout: alb } }),
        ...cases.flatMap(objectsOf),
      ],
    });
    table = await gateway.api("table");
  });
  after(() => gateway?.stop());

  /** All in the ALB2's namespace and bound to it by label. */
  function objectsOf({ name, given }: LayeringCase): KubeObject[] {
    const timeout = (fields: TimeoutFields) => fields === null ? {} : { config: { timeout: fields } };
    return [
      boundTo("lb", frontend({ name, port: ports.get(name)!, ...timeout(given.ft) })),
      boundTo("lb", rule({ name, frontend: name, services: [{ name: "app" }], ...timeout(given.rule) })),
    ];
  }

  for (const test of cases) {
    it(test.name, () => {
      const { routes } = table.listeners.find(({ port }: Json) => port === ports.get(test.name));
      const { proxy_connect_timeout_ms, proxy_send_timeout_ms, proxy_read_timeout_ms } =
        test.expect.effective ?? {};
      assert.deepEqual(routes[0].timeouts, {
        connectMs: proxy_connect_timeout_ms ?? DEFAULTS.connectMs,
        sendMs: proxy_send_timeout_ms ?? DEFAULTS.sendMs,
        readMs: proxy_read_timeout_ms ?? DEFAULTS.readMs,
      });
    });
  }
});
