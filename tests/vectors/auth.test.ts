/** 07-auth.yaml against the real program: exchanges through forward and basic authentication, one Frontend for each. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { request as send } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { type Message, type Request, type Response, values } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { sleep } from "../blackbox/harness/wire.ts";
import { type Case, fieldLines, loadCases } from "./load.ts";

type Headers = Readonly<Record<string, string>>;
type Expected = Readonly<Record<string, string | null>>;

interface Answer {
  readonly status: number;
  readonly headers?: Headers;
  readonly delayMs?: number;
}

interface Seen {
  readonly called?: boolean;
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Expected;
}

interface ExchangeCase extends Case {
  readonly kind: "forward" | "basic";
  readonly given: {
    readonly annotations?: Headers;
    readonly authConfig?: Readonly<Record<string, unknown>>;
    readonly authHeadersRef?: string;
    readonly configMaps?: Readonly<Record<string, Headers>>;
    readonly secret?: { readonly data: Headers };
    readonly authServer?: Answer;
    readonly app?: Answer;
  };
  readonly request: { readonly url?: string; readonly headers?: Headers; readonly srcIp?: string };
  readonly expect: Seen & {
    readonly status: number;
    readonly authRequest?: Seen;
    readonly appRequest?: Seen;
    readonly setCookies?: readonly string[];
  };
}

interface ConfigCase extends Case {
  readonly kind: "config";
}

const all = loadCases<ExchangeCase | ConfigCase>("07-auth.yaml");

/** What the annotations of an Ingress are called in `spec.config.auth`. */
const FORWARD_FIELDS: Headers = {
  "auth-url": "url",
  "auth-method": "method",
  "auth-proxy-set-headers": "auth_headers_cm_ref",
  "auth-request-redirect": "auth_request_redirect",
  "auth-signin": "signin",
  "auth-signin-redirect-param": "signin_redirect_param",
};
const BASIC_FIELDS: Headers = {
  "auth-type": "auth_type",
  "auth-realm": "realm",
  "auth-secret": "secret",
  "auth-secret-type": "secret_type",
};

/** What cases leave to the test, and what rulings put in the place of superseded ones. */
const COMPLETED: Readonly<Record<string, { given: ExchangeCase["given"]; expect: ExchangeCase["expect"] }>> =
  {
    "basic-password-with-colon": {
      given: {
        annotations: {
          "auth-type": "basic",
          "auth-realm": "r",
          "auth-secret": "s",
          "auth-secret-type": "auth-map",
        },
        secret: { data: { foo: "$apr1$abcd$xJ5aqrV5qHJe5w3cbOxH70" } },
      },
      expect: { status: 200 },
    },
    // bcrypt is accepted: whoever says nothing is asked to, instead of 500 for everybody.
    "basic-bcrypt-rejected": {
      given: {
        annotations: { "auth-type": "basic", "auth-secret": "s", "auth-secret-type": "auth-file" },
        secret: { data: { auth: "foo:$2y$10$bOso941JAT/eU0Yga8OAvOwvcLuaen4mhKPbjh8KkzDfl4wwA31Ze" } },
      },
      expect: {
        status: 401,
        headers: { "x-alb-err-reason": "AuthFail : basic_auth but req no auth header" },
      },
    },
  };

function renamed(annotations: Headers, names: Headers): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).flatMap(([key, value]) =>
      names[key] === undefined ? [] : [[names[key], value]]
    ),
  );
}

function authOf({ kind, given }: ExchangeCase, authPort: number): unknown {
  const { annotations = {}, authConfig, authHeadersRef } = given;
  if (kind === "basic") return { basic: renamed(annotations, BASIC_FIELDS) };
  const list = annotations["auth-response-headers"];
  return {
    forward: {
      url: `http://${LOOPBACK}:${authPort}/auth`,
      ...renamed(annotations, FORWARD_FIELDS),
      ...(list === undefined ? {} : { upstream_headers: list.split(",") }),
      ...(annotations["auth-always-set-cookie"] === "true" ? { always_set_cookie: true } : {}),
      ...authConfig,
      ...(authHeadersRef === undefined ? {} : { auth_headers_cm_ref: authHeadersRef }),
    },
  };
}

/** Each case has a namespace of its own, named like the Frontend; references to `default` lead there. */
function objectsOf(test: ExchangeCase, name: string, port: number, authPort: number): KubeObject[] {
  const local = (text: string) => text.replaceAll("default/", `${name}/`);
  const auth = JSON.parse(local(JSON.stringify(authOf(test, authPort))));
  const named = (path: string) => ({ name: path.split("/").at(-1), namespace: name });
  const { configMaps = {}, secret, annotations = {} } = test.given;
  return [
    frontend({ name, namespace: name, port }),
    rule({ name, namespace: name, frontend: name, services: [{ name: "echo" }], config: { auth } }),
    ...Object.entries(configMaps).map(([path, data]) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: named(path),
      data,
    })),
    ...(secret === undefined ? [] : [{
      apiVersion: "v1",
      kind: "Secret",
      metadata: named(annotations["auth-secret"] ?? ""),
      stringData: secret.data,
    }]),
  ];
}

/** Addresses as they are here: the authentication server has no name, and clients are on loopback. */
function atHome<T>(value: T, authPort: number): T {
  const text = JSON.stringify(value)
    .replaceAll("127.0.0.1", LOOPBACK)
    .replaceAll("10.9.9.9", "127.9.9.9")
    .replaceAll("auth.test", LOOPBACK)
    .replaceAll(":1880", `:${authPort}`);
  return JSON.parse(text);
}

async function answer({ status, headers, delayMs = 0 }: Answer): Promise<string> {
  await sleep(delayMs);
  return reply(status, fieldLines(headers), "body of the server");
}

function checkFields(message: Pick<Message, "fields">, expected: Expected = {}): void {
  for (const [name, wanted] of Object.entries(expected)) {
    const found = values(message, name);
    if (wanted?.startsWith("~")) assert.match(found.join(), new RegExp(wanted.slice(1)), name);
    else assert.deepEqual(found, wanted === null ? [] : [wanted], name);
  }
}

function checkSeen(requests: readonly Request[], expected: Seen | undefined): void {
  if (expected === undefined) return;
  if (expected.called === false) return assert.deepEqual(requests, []);
  assert.equal(requests.length, 1);
  const [seen] = requests as [Request];
  if (expected.method !== undefined) assert.equal(seen.method, expected.method);
  if (expected.url !== undefined) assert.equal(seen.target, expected.url);
  checkFields(seen, expected.headers);
}

describe("vectors: 07-auth (exchanges)", () => {
  const cases = all.filter((test): test is ExchangeCase => test.kind === "forward" || test.kind === "basic")
    .map((test) => ({ ...test, ...COMPLETED[test.name] }));
  const byName = new Map(cases.map((test) => [test.name, test]));
  const outcomes = new Map<string, Promise<Response>>();
  let auth: Upstream;
  let app: Upstream;
  let gateway: Gateway;

  const caseOf = (request: Request) => byName.get(values(request, "x-case")[0] ?? "");
  const requestsOf = (upstream: Upstream, { name }: Case) =>
    upstream.requests.filter((request) => caseOf(request)?.name === name);

  before(async () => {
    auth = await startUpstream({
      handler: (seen) => answer(caseOf(seen)?.given.authServer ?? { status: 500 }),
    });
    app = await startUpstream({ handler: (seen) => answer(caseOf(seen)?.given.app ?? { status: 200 }) });
    const ports = await freePorts(cases.length);
    const namespaces = cases.map((_, index) => `n${index}`);
    gateway = await startGateway({
      config: [
        ...namespaces.flatMap((namespace) => service({ name: "echo", namespace, endpoints: [app.endpoint] })),
        ...cases.flatMap((test, index) =>
          objectsOf(atHome(test, auth.port), namespaces[index]!, ports[index]!, auth.port)
        ),
      ],
    });
    cases.forEach((test, index) => {
      const { url = "/abc", headers = {}, srcIp } = atHome(test.request, auth.port);
      const { host = "a.com", ...others } = headers;
      const outcome = send({
        host: LOOPBACK,
        port: ports[index]!,
        target: url,
        fields: [["Host", host], ...fieldLines({ ...others, "x-case": test.name })],
        ...(srcIp === undefined ? {} : { from: srcIp }),
      });
      outcome.catch(() => {}); // its own test tells
      outcomes.set(test.name, outcome);
    });
  });
  after(async () => {
    await gateway?.stop();
    await auth?.close();
    await app?.close();
  });

  for (const test of cases) {
    it(test.name, async () => {
      const response = await outcomes.get(test.name)!;
      const { status, headers, authRequest, appRequest, setCookies } = atHome(test.expect, auth.port);
      assert.equal(response.status, status);
      checkFields(response, headers);
      if (setCookies !== undefined) assert.deepEqual(values(response, "set-cookie"), setCookies);
      checkSeen(requestsOf(auth, test), authRequest);
      checkSeen(requestsOf(app, test), appRequest);
      const isApps = response.body === "body of the server";
      assert.equal(isApps, requestsOf(app, test).length > 0, "nobody sees the authentication server's body");
    });
  }
});

describe("vectors: 07-auth (annotations)", () => {
  for (const { kind, name } of all) {
    if (kind === "config") it(name, { skip: "Ingress translation is a later feature" }, () => {});
  }
});
