/** 03-rewrite, 04-redirect, 05-cors and 06-headers against the real program: one Frontend for each case. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { request as send } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { type Field, type Request, type Response, values } from "../blackbox/harness/message.ts";
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
import { originMatcher } from "../../src/middlewares/cors.ts";
import { replacePrefix } from "../../src/lib/prefix.ts";
import {
  parseRequestModification,
  parseResponseModification,
} from "../../src/resources/header-modification.ts";
import { type Case, fieldLines, loadCases } from "./load.ts";

type Expected = string | readonly string[] | null;

interface ActionRequest {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly srcIp?: string;
  readonly scheme?: string;
  readonly upstreamSees?: string;
  readonly upstreamHeaders?: Readonly<Record<string, Expected>>;
  readonly expect?: { readonly status: number; readonly location: string | null };
}

interface ActionCase extends Case {
  readonly kind?: string;
  readonly given: {
    readonly rule?: Record<string, unknown> & { dslx?: DslxTerm[]; config?: unknown };
    readonly redirect?: Record<string, unknown>;
    readonly legacy?: Record<string, unknown>;
    readonly match?: string;
    readonly frontend?: { readonly protocol?: string; readonly redirect?: unknown };
    readonly rules?: readonly { readonly name: string; readonly dslx: DslxTerm[] }[];
    readonly auth?: unknown;
    readonly request_mod?: unknown;
    readonly response_mod?: unknown;
    readonly backendHeaders?: Record<string, string>;
    readonly [other: string]: unknown;
  };
  readonly request?: ActionRequest;
  readonly requests?: readonly ActionRequest[];
  readonly expect?: {
    readonly status?: number;
    readonly backendCalled?: boolean;
    readonly headers?: Readonly<Record<string, Expected>>;
    readonly upstreamHeaders?: Readonly<Record<string, Expected>>;
    readonly responseHeaders?: Readonly<Record<string, Expected>>;
  };
}

/** Why a case cannot run yet; false when it can. */
function notRun(test: ActionCase): string | false {
  const { given, kind } = test;
  if (kind === "ingress" || "ingress" in given) return "Ingress is a later feature";
  if ("rewritePrefix" in given || "httpRouteFilter" in given) return "HTTPRoute is a later feature";
  const secure = given.frontend?.protocol === "https" ||
    [test.request, ...test.requests ?? []].some((each) => each?.scheme === "https");
  return secure ? "TLS is a later feature" : false;
}

/** What holds instead of superseded expectations. */
const RULED: Readonly<Record<string, Partial<ActionCase>>> = {
  // Not a CORS request: it goes upstream.
  "options-without-origin-is-also-preflight": { expect: { status: 200, backendCalled: true } },
  "no-origin-header-with-list": { expect: { status: 200, headers: { "access-control-allow-origin": null } } },
  "ingress-plain-path-rewrite-target-root": {
    requests: [{ url: "/foo", upstreamSees: "/" }, { url: "/foo/x", upstreamSees: "//x" }],
  },
  "via-added-server-absent": { expect: { responseHeaders: { via: "alb", server: "gunicorn" } } },
};

const SECRET = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s", namespace: "default" },
  stringData: { auth: "foo:$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1" },
};

function objectsOf(test: ActionCase, name: string, port: number): KubeObject[] {
  const { given } = test;
  const { dslx, config, ...spec } = given.rule ?? {};
  const annotations = Object.fromEntries(
    [["rewrite-request", given.request_mod], ["rewrite-response", given.response_mod]]
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`alb.rule.cpaas.io/${key}`, JSON.stringify(value)]),
  );
  const settings = {
    ...config as object,
    ...(given.redirect === undefined ? {} : { redirect: given.redirect }),
    ...(given.auth === undefined ? {} : { auth: given.auth }),
  };
  const web = frontend({
    name,
    port,
    ...(given.frontend?.redirect === undefined ? {} : { config: { redirect: given.frontend.redirect } }),
  });
  const rules = given.rules ?? [{ name: "r", dslx: dslx ?? underPath(given.match ?? "/") }];
  return [
    web,
    ...rules.map((each) => {
      const made = rule({
        name: `${name}-${each.name}`,
        frontend: name,
        dslx: each.dslx,
        services: [{ name: "echo" }],
        config: settings,
        spec: { ...spec, ...given.legacy },
      });
      const metadata = { ...made["metadata"] as object, annotations };
      return { ...made, metadata };
    }),
  ];
}

function check(fields: readonly Field[], expected: Readonly<Record<string, Expected>> = {}): void {
  for (const [name, wanted] of Object.entries(expected)) {
    const found = values({ fields }, name);
    assert.deepEqual(found, wanted === null ? [] : typeof wanted === "string" ? [wanted] : wanted, name);
  }
}

for (const file of ["03-rewrite.yaml", "04-redirect.yaml", "05-cors.yaml", "06-headers.yaml"]) {
  const cases = loadCases<ActionCase>(file).map((test) => ({ ...test, ...RULED[test.name] }));
  const live = cases.filter((test) =>
    test.kind !== "unit" && test.kind !== "parse" && notRun(test) === false
  );

  describe(`vectors: ${file}`, () => {
    const ports = new Map<string, number>();
    let upstream: Upstream;
    let gateway: Gateway;

    before(async () => {
      const backendHeaders = new Map(live.map((test) => [test.name, test.given.backendHeaders ?? {}]));
      upstream = await startUpstream({
        handler: (seen: Request) =>
          reply(200, fieldLines(backendHeaders.get(values(seen, "x-case")[0] ?? "")), "ok"),
      });
      const free = await freePorts(live.length);
      live.forEach((test, index) => ports.set(test.name, free[index]!));
      gateway = await startGateway({
        config: [
          SECRET,
          ...service({ name: "echo", namespace: "default", endpoints: [upstream.endpoint] }),
          ...live.flatMap((test, index) => objectsOf(test, `f${index}`, ports.get(test.name)!)),
        ],
        // The vectors that expect forwarded headers to count run with everything trusted.
        args: ["--trusted-proxies", "0.0.0.0/0"],
      });
    });
    after(async () => {
      await gateway?.stop();
      await upstream?.close();
    });

    async function exchange(
      test: ActionCase,
      given: ActionRequest,
    ): Promise<{ response: Response; seen: Request | undefined }> {
      const before = upstream.requests.length;
      const headers = { host: "a.com", ...given.headers, "x-case": test.name };
      const { host, ...others } = headers;
      const response = await send({
        host: LOOPBACK,
        port: ports.get(test.name)!,
        method: given.method ?? "GET",
        target: given.url ?? "/",
        fields: [["Host", host], ...fieldLines(others)],
        ...(given.srcIp === undefined ? {} : { from: `127.${given.srcIp.split(".").slice(1).join(".")}` }),
      });
      return { response, seen: upstream.requests[before] };
    }

    for (const test of cases) {
      it(test.name, { skip: notRun(test) }, async () => {
        if (test.kind === "unit") return checkUnit(test);
        if (test.kind === "parse") return checkParse(test);
        for (const given of [...test.requests ?? [], ...(test.request === undefined ? [] : [test.request])]) {
          const { response, seen } = await exchange(test, given);
          if (given.upstreamSees !== undefined) assert.equal(seen?.target, given.upstreamSees);
          check(seen?.fields ?? [], given.upstreamHeaders);
          if (given.expect !== undefined) {
            assert.equal(response.status, given.expect.status);
            check(response.fields, { location: given.expect.location });
          }
          const { expect = {} } = test;
          if (expect.status !== undefined) assert.equal(response.status, expect.status);
          if (expect.backendCalled !== undefined) assert.equal(seen !== undefined, expect.backendCalled);
          check(response.fields, { ...expect.headers, ...expect.responseHeaders });
          check(seen?.fields ?? [], mapped(expect.upstreamHeaders));
        }
      });
    }
  });
}

/** Client addresses of the vectors, where the test has loopback ones in their place. */
function mapped(expected: Readonly<Record<string, Expected>> = {}): Readonly<Record<string, Expected>> {
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, value === "10.9.9.9" ? "127.9.9.9" : value]),
  );
}

function checkUnit(test: ActionCase): void {
  const given = test.given as unknown as Record<string, string>;
  if (given["uri"] !== undefined) {
    assert.equal(replacePrefix(given["uri"], given["prefix"]!, given["replacement"]!), test.expect);
  } else {
    const list = given["allow"]!.split(",").map((origin) => origin.trim());
    assert.equal(originMatcher(list)?.(given["origin"]!) ?? true, test.expect as unknown);
  }
}

function checkParse(test: ActionCase): void {
  const { annotation, text } = test.given as unknown as Record<string, string>;
  const parse = annotation === "rewrite-request" ? parseRequestModification : parseResponseModification;
  const parsed = parse(text!);
  const asks = parsed.ok &&
    Object.values(parsed.value).some((part) => Object.keys(part as object).length > 0);
  assert.equal(asks ? parsed.value : null, test.expect ?? null);
}
