/** 07-auth.yaml as far as no traffic is needed: texts with variables, hashes, layers, cookies. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type HtpasswdEntry,
  isPasswordFault,
  parseHtpasswd,
  readPasswordHash,
} from "../../src/lib/htpasswd.ts";
import { parseVarString } from "../../src/lib/var-string.ts";
import { forwardAuth } from "../../src/middlewares/auth/forward.ts";
import { md5Crypt } from "../../src/middlewares/auth/password/md5-crypt.ts";
import { createAuthServices } from "../../src/middlewares/auth/services.ts";
import { compileText } from "../../src/middlewares/variables.ts";
import { nodeDigests } from "../../src/runtimes/node-digests.ts";
import type { Filter, ForwardAuthFilter } from "../../src/table/filters.ts";
import { completeSignin } from "../../src/translators/shared/auth/signin.ts";
import { fakeExchange, run } from "../middlewares/exchange.ts";
import { alb2, frontend, group, type Json, rule, service, translateObjects } from "../translators/objects.ts";
import { type Case, loadCases } from "../vectors/load.ts";

type Layer = Json | null;

type UnitCase =
  & Case
  & (
    | { kind: "varstring"; given: { text: string }; expect: { tokens: readonly string[] } }
    | {
      kind: "resolve";
      given: { tokens: readonly string[]; vars: { uri?: string; header_z?: string } };
      expect: { value?: string; error?: string };
    }
    | { kind: "signin"; given: { signin: string; param: string }; expect: { text: string } }
    | { kind: "cookies"; given: { app: string[]; auth: string[] | null }; expect: readonly string[] }
    | {
      kind: "htpasswd";
      given: { text: string; name: string };
      expect: { name: string; salt: string; hash: string };
    }
    | { kind: "apr1"; given: { password: string; salt: string }; expect: { hash: string } }
    | {
      kind: "layering";
      given: { alb: Layer; ft: Layer; rule: Layer | "ft-default-route"; ingressAuthEnable?: string };
      expect: { effective: Layer };
    }
  );

const CHECKS: {
  readonly [K in UnitCase["kind"]]: (test: Extract<UnitCase, { kind: K }>) => void | Promise<void>;
} = {
  varstring: ({ given, expect }) => assert.deepEqual(parseVarString(given.text), expect.tokens),

  resolve({ given: { tokens, vars }, expect }) {
    const { uri = "", header_z } = vars;
    const headers = header_z === undefined ? {} : { z: header_z };
    const value = compileText(tokens, "field")(fakeExchange({ effectivePath: uri, headers }));
    if (typeof value === "string") assert.equal(value, expect.value);
    else assert.equal(`var ${value.missing} not found`, expect.error);
  },

  signin: ({ given, expect }) => assert.equal(completeSignin(given.signin, given.param), expect.text),

  async cookies({ given, expect }) {
    const headers = (given.auth ?? []).map((cookie) => ["set-cookie", cookie] as const);
    const services = createAuthServices({
      call: () => Promise.resolve({ status: 200, headers }),
      digests: nodeDigests,
      report: (error) => assert.fail(String(error)),
    });
    const exchange = fakeExchange();
    await run(forwardAuth(FORWARD, services, "r"), exchange);
    exchange.answer(200);
    const added = exchange.responseEdits.entries().map(([, value]) => value);
    assert.deepEqual(exchange.responseEdits.removed, []);
    assert.deepEqual([...given.app, ...added], expect);
  },

  htpasswd({ given: { text, name }, expect }) {
    const [entry] = name === "" ? parseHtpasswd(text).entries : [{ user: name, hash: text }];
    const { user, hash } = entry as HtpasswdEntry;
    const read = readPasswordHash(hash);
    assert.ok(!isPasswordFault(read) && read.algorithm === "apr1");
    assert.deepEqual({ name: user, salt: read.salt, hash: read.digest }, expect);
  },

  async apr1({ given: { password, salt }, expect }) {
    assert.equal(await md5Crypt("$apr1$", password, salt, nodeDigests), expect.hash);
  },

  layering({ given, expect }) {
    const isDefault = given.rule === "ft-default-route";
    const own = given.rule === "ft-default-route" ? null : given.rule;
    const annotations: Record<string, string> = given.ingressAuthEnable === undefined
      ? {}
      : { "alb.ingress.cpaas.io/auth-enable": given.ingressAuthEnable };
    const wanted = filters({ alb: null, ft: null, rule: expect.effective }, {}, false);
    assert.deepEqual(filters({ alb: given.alb, ft: given.ft, rule: own }, annotations, isDefault), wanted);
    assert.equal(wanted.length, expect.effective === null ? 0 : 1);
  },
};

const FORWARD: ForwardAuthFilter = {
  type: "forward-auth",
  url: ["http://auth.test/auth"],
  method: "GET",
  requestHeaders: {},
  requestRedirect: null,
  upstreamHeaders: [],
  signin: null,
  alwaysSetCookie: false,
  connectMs: 5000,
  readMs: 5000,
  tls: { verify: true, ca: null },
  cache: null,
  allowedNetworks: [],
};

/** Of the rule or the default route, as far as they are of authentication. */
function filters(
  layers: { readonly alb: Layer; readonly ft: Layer; readonly rule: Layer },
  annotations: Readonly<Record<string, string>>,
  ofDefaultRoute: boolean,
): readonly Filter[] {
  const auth = (layer: Layer) => layer === null ? {} : { auth: layer };
  const labels = { "alb2.cpaas.io/name": "edge", "alb2.cpaas.io/frontend": "web" };
  const { table } = translateObjects([
    alb2(auth(layers.alb)),
    frontend({ serviceGroup: group("echo"), config: auth(layers.ft) }, { labels }),
    rule("r", { config: auth(layers.rule) }, { labels, annotations }),
    ...service("echo", ["10.0.0.1"]),
  ]);
  const route = table.listeners[0]?.routes[ofDefaultRoute ? 1 : 0];
  assert.equal(route?.name, ofDefaultRoute ? "web" : "r");
  return (route?.filters ?? []).filter(({ type }) => type.includes("auth"));
}

describe("vectors: 07-auth (without traffic)", () => {
  for (const test of loadCases<UnitCase>("07-auth.yaml")) {
    // The others run in tests/vectors, where they are listed.
    const check = Object.hasOwn(CHECKS, test.kind)
      ? CHECKS[test.kind] as (test: UnitCase) => void
      : undefined;
    if (check !== undefined) it(test.name, () => check(test));
  }
});
