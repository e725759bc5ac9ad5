/**
 * 01-dslx.yaml, and more cases of our own, against the real program: one Frontend per case, each in a namespace of its own. IPv4 sources are moved
 * into 127.0.0.0/8 by their first octet, in rules and requests alike; IPv6 sources need a network namespace.
 */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "../blackbox/harness/addresses.ts";
import { type Dial, dial as dialLoopback, request } from "../blackbox/harness/client.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { value } from "../blackbox/harness/message.ts";
import { createNamespace, type Namespace, NO_NAMESPACE } from "../blackbox/harness/namespace.ts";
import { type DslxTerm, frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { type Case, fieldLines, loadCases, type VectorRequest, type VectorRule } from "./load.ts";

interface DslxCase extends Case {
  readonly given: { readonly dslx: readonly DslxTerm[] | null; readonly otherRules?: readonly VectorRule[] };
  readonly requests: readonly VectorRequest[];
  readonly internal?: unknown;
}

/** `loopback` trusts nobody's forwarded headers, `trusting` everybody's. */
type Place = "loopback" | "trusting" | "namespace";

const DEFAULT_SOURCE = "10.9.9.9";
const ENDPOINT = { address: "10.0.0.1", port: 8080 };

const FILES = ["01-dslx.yaml", "dslx-more.yaml"];
const cases = FILES.flatMap((file) => loadCases<DslxCase>(file));

function placeOf(test: DslxCase): Place {
  if (test.requests.some(({ srcIp }) => srcIp?.includes(":"))) return "namespace";
  return test.requests.some(({ headers }) => headers?.["x-forwarded-for"] !== undefined)
    ? "trusting"
    : "loopback";
}

/** Moves an IPv4 address or block into 127.0.0.0/8; leaves everything else alone. */
function onLoopback(address: string): string {
  return address.replace(/^\d+(?=\.\d+\.\d+\.\d+(?:\/\d+)?$)/, "127");
}

/** Only SRC_IP terms, so that whatever is malformed stays as it is. */
function movedDslx(dslx: DslxCase["given"]["dslx"], place: Place): DslxCase["given"]["dslx"] {
  if (!Array.isArray(dslx) || place !== "loopback") return dslx;
  return dslx.map((term) =>
    term.type === "SRC_IP"
      ? { ...term, values: term.values.map((row: readonly string[]) => row.map(onLoopback)) }
      : term
  );
}

function objectsOf(test: DslxCase, port: number, endpoint: string): KubeObject[] {
  const namespace = test.name;
  const rules = [{ name: "r1", dslx: test.given.dslx }, ...test.given.otherRules ?? []];
  return [
    frontend({ name: "alb-00080", namespace, port }),
    ...rules.map(({ name, dslx }) =>
      rule({
        name,
        namespace,
        frontend: "alb-00080",
        dslx: movedDslx(dslx, placeOf(test)),
        services: [{ name: "echo" }],
      })
    ),
    ...service({ name: "echo", namespace, endpoints: [endpoint] }),
  ];
}

for (const place of ["loopback", "trusting", "namespace"] as const) {
  const skip = place === "namespace" ? NO_NAMESPACE : false;
  const own = cases.filter((test) => placeOf(test) === place);

  describe(`vectors: dslx (${place})`, () => {
    let namespace: Namespace | undefined;
    let upstream: Upstream;
    let gateway: Gateway;
    let table: Json;
    let dial: Dial = dialLoopback;
    const ports = new Map<string, number>();

    before(async () => {
      if (skip !== false) return;
      if (place === "namespace") {
        const sources = new Set(
          own.flatMap(({ requests }) => requests.map(({ srcIp = DEFAULT_SOURCE }) => srcIp)),
        );
        namespace = await createNamespace([ENDPOINT.address, ...sources]);
        dial = namespace.dial;
      }
      upstream = await (namespace?.startUpstream(ENDPOINT) ?? startUpstream());
      const free = namespace === undefined
        ? await freePorts(own.length)
        : own.map((_, index) => 8001 + index);
      own.forEach((test, index) => ports.set(test.name, free[index]!));
      gateway = await startGateway({
        config: own.flatMap((test) => objectsOf(test, ports.get(test.name)!, upstream.endpoint)),
        args: place === "trusting" ? ["--trusted-proxies", "0.0.0.0/0,::/0"] : [],
        ...(namespace === undefined ? {} : { namespace }),
      });
      table = await gateway.api("table");
    });
    after(async () => {
      await gateway?.stop();
      await upstream?.close();
      await namespace?.close();
    });

    for (const test of own) {
      it(test.name, { skip }, async () => {
        for (const vector of test.requests) await check(test, vector);
        const moved = JSON.stringify(movedDslx(test.given.dslx, place)) !== JSON.stringify(test.given.dslx);
        if (test.internal !== undefined && !moved) {
          const { order } = routesOf(test)[0];
          assert.equal(order.matchLength, JSON.stringify(test.internal).length, "length of the prefix form");
        }
      });
    }

    function routesOf(test: DslxCase): Json {
      return table.listeners.find((listener: Json) => listener.port === ports.get(test.name)).routes;
    }

    async function check(test: DslxCase, vector: VectorRequest): Promise<void> {
      const { method = "GET", url = "/", httpVersion = "1.1", headers, srcIp = DEFAULT_SOURCE } = vector;
      const trace: [string, string][] = vector.matchedRule === undefined ? [] : [["cpaas-trace", "true"]];
      const source = place === "loopback"
        ? { from: onLoopback(srcIp) }
        : place === "namespace"
        ? { from: srcIp }
        : {};
      const response = await request({
        dial,
        host: gatewayHost(srcIp),
        port: ports.get(test.name)!,
        ...source,
        method,
        target: url,
        version: httpVersion,
        fields: [...fieldLines(headers), ...trace],
      });
      const label = `${method} ${url} ${JSON.stringify(headers ?? {})} from ${srcIp}`;
      const expected = vector.status ?? (vector.match === true ? 200 : 404);
      assert.equal(response.status, expected, `${label}: ${value(response, "x-alb-err-reason")}`);
      if (vector.match === false) {
        assert.equal(value(response, "x-alb-err-reason"), "InvalidUpstream : no rule match", label);
      }
      if (vector.matchedRule !== undefined) {
        assert.equal(JSON.parse(value(response, "x-cpaas-trace")!).rule, vector.matchedRule, label);
      }
    }

    function gatewayHost(srcIp: string): string {
      return place === "namespace" && srcIp.includes(":") ? "::1" : gateway.host;
    }
  });
}
