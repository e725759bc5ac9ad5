/**
 * 12-errors.yaml against the real program. The setups name backend groups (`g1`, …), but the group of a Rule carries the
 * Rule's name (data-plane spec 3.9), so a group expected in a trace reads as the name of the rule.
 */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { endpointOf, freePort, freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { request } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { type Request, type Response, value, values } from "../blackbox/harness/message.ts";
import {
  type DslxTerm,
  frontend,
  type KubeObject,
  rule,
  service,
  underPath,
} from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { sleep } from "../blackbox/harness/wire.ts";
import { type Case, fieldLines, loadCases } from "./load.ts";

type Pattern = string | null | { readonly pattern: string };

interface ErrorCase extends Case {
  readonly setup?: "main" | "page";
  readonly given?: { readonly timeout?: { readonly readMs: number } };
  readonly request: {
    readonly url: string;
    readonly method?: string;
    readonly headers?: Record<string, string>;
  };
  readonly expect: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, Pattern>>;
    readonly bodyEquals?: string;
    readonly bodyOptional?: string;
    readonly trace?: readonly Readonly<Record<string, Pattern>>[] | null;
  };
}

const NOT_RUN: Readonly<Record<string, string>> = {
  "err-https-certificate-but-no-rules": "TLS is a later feature",
};

/** The rules that a case needs, one Frontend for each distinct set. */
type Setup = "main" | "page" | "slow" | "empty" | "root";

function setupOf(test: ErrorCase): Setup {
  if (test.given?.timeout !== undefined) return "slow";
  if (test.name === "err-rule-list-empty" || test.name === "err-port-without-policy") return "empty";
  return test.name === "err-reserved-path" ? "root" : test.setup ?? "main";
}

interface SetupRule {
  readonly name: string;
  readonly dslx: readonly DslxTerm[];
  readonly services: readonly string[];
  readonly readMs?: number;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const LIVE = ["live"];

/** Rules in the order of the setups: priorities keep it. The service `undefined` is not defined. */
const RULES: Readonly<Record<Setup, readonly SetupRule[]>> = {
  main: [
    { name: "1", dslx: underPath("/t1"), services: LIVE },
    { name: "2", dslx: underPath("/t2"), services: LIVE },
    { name: "3", dslx: underPath("/t3"), services: ["undefined"] },
    { name: "4", dslx: underPath("/t4"), services: ["empty"] },
    { name: "5", dslx: underPath("/t5"), services: ["refusing"] },
    { name: "t6", dslx: [{ type: "URL", values: [["REGEX", "/t6/*"]] }], services: LIVE },
    { name: "t7", dslx: [{ type: "URL", values: [["REGEX", "/t7/.*"]] }], services: LIVE },
    {
      name: "trace1",
      dslx: underPath("/trace1"),
      services: ["itself"],
      spec: { rewrite_base: "/trace1", rewrite_target: "/trace2" },
    },
    { name: "trace2", dslx: underPath("/trace2"), services: LIVE },
  ],
  page: [{ name: "1", dslx: underPath("/t1"), services: LIVE, readMs: 300 }],
  slow: [{ name: "1", dslx: underPath("/t1"), services: LIVE, readMs: 3000 }],
  root: [{ name: "1", dslx: underPath("/"), services: LIVE }],
  empty: [],
};

function objectsOf(setup: Setup, port: number, live: string, refusing: string): KubeObject[] {
  const namespace = setup;
  return [
    frontend({ name: "web", namespace, port }),
    ...RULES[setup].map(({ name, dslx, services, readMs, spec = {} }, index) =>
      rule({
        name,
        namespace,
        frontend: "web",
        dslx,
        priority: index + 1,
        services: services.map((name) => ({ name })),
        spec,
        ...(readMs === undefined ? {} : { config: { timeout: { proxy_read_timeout_ms: readMs } } }),
      })
    ),
    ...service({ name: "live", namespace, endpoints: [live] }),
    ...service({ name: "empty", namespace, endpoints: [] }),
    ...service({ name: "refusing", namespace, endpoints: [refusing] }),
    ...service({ name: "itself", namespace, endpoints: [endpointOf(LOOPBACK, port)] }),
  ];
}

/** The live backend of both setups. */
async function backend({ target }: Request): Promise<string> {
  const html: [string, string][] = [["Content-Type", "text/html"]];
  const seconds = /sleep=(\d+)/.exec(target)?.[1];
  if (seconds !== undefined) await sleep(Number(seconds) * 1000);
  if (target.endsWith("/404-without-body")) return reply(404);
  if (target.endsWith("/504")) return reply(504);
  if (target.endsWith("/t1/404")) return reply(404, [], "im 404\n");
  if (target.includes("404")) return reply(404, html, "<h1>404</h1>");
  if (target.includes("500")) return reply(500, html, "<h1>500</h1>");
  if (target.includes("timeout")) return reply(504, html, "<h1>504</h1>");
  if (target.includes("teapot")) return reply(418, [["X-ALB-ERR-REASON", "of the backend"]], "teapot");
  return reply(200, [], "from backend\n");
}

describe("vectors: 12-errors", () => {
  const setups = Object.keys(RULES) as Setup[];
  const ports = new Map<Setup, number>();
  let upstream: Upstream;
  let gateway: Gateway;

  before(async () => {
    upstream = await startUpstream({ handler: backend });
    const refusing = `${LOOPBACK}:${await freePort()}`;
    const free = await freePorts(setups.length);
    setups.forEach((setup, index) => ports.set(setup, free[index]!));
    gateway = await startGateway({
      config: setups.flatMap((setup) => objectsOf(setup, ports.get(setup)!, upstream.endpoint, refusing)),
    });
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  for (const test of loadCases<ErrorCase>("12-errors.yaml")) {
    it(test.name, { skip: NOT_RUN[test.name] ?? false }, async () => {
      const { url, method = "GET", headers } = test.request;
      const response = await request({
        host: gateway.host,
        port: ports.get(setupOf(test))!,
        method,
        target: url,
        fields: fieldLines(headers),
      });
      check(response, ruled(test));
    });
  }
});

function ruled(test: ErrorCase): ErrorCase["expect"] {
  if (test.status !== "superseded") return test.expect;
  assert.equal(test.name, "err-port-without-policy", "no ruling is known");
  return { status: 404, headers: { "x-alb-err-reason": "InvalidUpstream : empty policy" } };
}

function check(response: Response, expected: ErrorCase["expect"]): void {
  assert.equal(response.status, expected.status, `reason: ${value(response, "x-alb-err-reason")}`);
  for (const [name, pattern] of Object.entries(expected.headers ?? {})) {
    matches(value(response, name), pattern, name);
  }
  if (expected.bodyEquals !== undefined) assert.equal(response.body, expected.bodyEquals);
  if (expected.bodyOptional !== undefined) {
    assert.ok(["", expected.bodyOptional].includes(response.body), response.body);
  }
  if (expected.trace === undefined) return;
  const traces = values(response, "x-cpaas-trace").map((json) => JSON.parse(json));
  assert.equal(traces.length, expected.trace?.length ?? 0);
  expected.trace?.forEach((trace, index) => {
    for (const [key, pattern] of Object.entries(trace)) {
      const wanted = key === "upstream" ? trace["rule"]! : pattern;
      matches(traces[index][key], wanted, `trace ${key}`);
    }
  });
}

function matches(actual: string | undefined, wanted: Pattern, what: string): void {
  if (wanted === null) return assert.equal(actual, undefined, what);
  if (typeof wanted === "string") return assert.equal(actual, wanted, what);
  assert.match(actual ?? "", new RegExp(wanted.pattern), what);
}
