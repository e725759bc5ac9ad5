/** Pages of the configuration in answers that the gateway makes itself. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "./harness/addresses.ts";
import { request, type RequestOptions } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { type Field, type Response, value, values } from "./harness/message.ts";
import { alb2, boundTo, frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

const FOO = `Basic ${btoa("foo:bar")}`;
const HTML = "text/html; charset=utf-8";
const basic = { auth_type: "basic", realm: "r", secret: "users" };

function pagesMap(data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "pages" }, data };
}

describe("error pages", () => {
  let app: Upstream;
  let auth: Upstream;
  let gateway: Gateway;
  let port: number;
  let otherPort: number;

  before(async () => {
    app = await startUpstream({
      handler: ({ target }) =>
        reply(target.endsWith("/fails") ? 503 : 200, [["X-App", "1"]], "the app's own"),
    });
    auth = await startUpstream({
      handler: (seen) =>
        reply(Number(value(seen, "x-verdict") ?? 200), [["X-User", "ann"]], "not for clients"),
    });
    [port, otherPort] = [await freePort(), await freePort()];
    const at = (name: string, config: object, more: object = {}) =>
      rule({
        name,
        frontend: "web",
        priority: 1,
        dslx: underPath(`/${name}`),
        services: [{ name: "app" }],
        config,
        ...more,
      });
    const forward = { url: `http://${auth.endpoint}/auth` };
    const objects = [
      alb2({
        name: "edge",
        config: { errorPages: [{ status: [404, "500-599"], body: "<h1>Grüße von edge</h1>" }] },
      }),
      frontend({ name: "web", port }),
      frontend({
        name: "other",
        port: otherPort,
        config: { errorPages: [{ status: [404], contentType: "text/plain", body: "nothing here" }] },
      }),
      at("basic", {
        auth: { basic },
        errorPages: [{ status: [401], cmRef: "pages#login.html" }],
      }, {
        annotations: { "rewrite-response": { headers: { "x-edited": "1" } } },
        spec: { enableCORS: true },
      }),
      at("forward", {
        auth: { forward },
        errorPages: [
          { status: [401, 403], body: "<p>no</p>" },
          { status: [401, "403"], contentType: "application/json", body: '{"no":true}' },
          { status: [500], contentType: "text/plain", body: "broken" },
        ],
      }),
      at("inherits", { auth: { basic } }),
      at("none", { errorPages: [] }, { services: [{ name: "gone" }] }),
      at("gone", {}, { services: [{ name: "gone" }] }),
      at("refused", {}, { services: [{ name: "refused" }] }),
      at("bad-action", { redirect: { code: 200, url: "/x" } }),
      at("bad-auth", { auth: { forward: { ...forward, cache_key: "x", cache_duration: "?" } } }),
      at("static", {
        auth: { basic },
        errorPages: [{ status: [401], body: "$host ${host} {env.HOME} {{.Host}}" }],
      }),
      at("app", {}),
      at("faulty", {
        auth: { basic },
        errorPages: [{ status: [401], cmRef: "pages#not-there" }, { status: [401], body: "second" }],
      }),
      at("unreadable", { auth: { basic }, errorPages: [{ status: 401, body: "x" }] }),
    ];
    gateway = await startGateway({
      config: {
        "main.yaml": [
          ...objects.map((object) => object["kind"] === "ALB2" ? object : boundTo("edge", object)),
          ...service({ name: "app", endpoints: [app.endpoint] }),
          ...service({ name: "gone", endpoints: [] }),
          ...service({ name: "refused", endpoints: [`127.0.0.1:${await freePort()}`] }),
          {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "users" },
            stringData: { auth: "foo:$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1" },
          },
        ],
        "pages.yaml": [pagesMap({ "login.html": "<h1>Who are you?</h1>" })],
      },
    });
  });
  after(async () => {
    await gateway?.stop();
    await Promise.all([app?.close(), auth?.close()]);
  });

  const ask = (target: string, fields: readonly Field[] = [], more: Partial<RequestOptions> = {}) =>
    request({ host: gateway.host, port, target, fields: [["Host", "a.com"], ...fields], ...more });
  const utf8Body = ({ body }: Response) => Buffer.from(body, "latin1").toString();

  it("401 of basic authentication: page, challenge, reason, and what the Rule adds to answers", async () => {
    const response = await ask("/basic", [["Origin", "http://b.com"]]);
    assert.deepEqual([response.status, response.body], [401, "<h1>Who are you?</h1>"]);
    assert.deepEqual(values(response, "content-type"), [HTML]);
    assert.deepEqual(values(response, "content-length"), ["21"]);
    assert.equal(value(response, "www-authenticate"), 'Basic realm="r"');
    assert.equal(value(response, "x-alb-err-reason"), "AuthFail : basic_auth but req no auth header");
    assert.equal(value(response, "x-edited"), "1");
    assert.equal(value(response, "access-control-allow-origin"), "*");
    assert.equal((await ask("/basic", [["Authorization", FOO]])).body, "the app's own");
  });

  it("HEAD announces the page and has none", async () => {
    const response = await ask("/basic", [], { method: "HEAD" });
    assert.deepEqual([response.status, response.body], [401, ""]);
    assert.equal(value(response, "content-length"), "21");
  });

  for (
    const [accept, body, type] of [
      [undefined, "<p>no</p>", HTML],
      ["text/html,application/xhtml+xml,*/*;q=0.8", "<p>no</p>", HTML],
      ["application/json", '{"no":true}', "application/json"],
      ["text/html;q=0.2, application/*", '{"no":true}', "application/json"],
      ["*/*", "<p>no</p>", HTML],
      ["text/html;q=0, */*;q=0.1", '{"no":true}', "application/json"],
      ["image/png", "<p>no</p>", HTML],
    ] as const
  ) {
    it(`of two pages for 403, the one that Accept: ${accept} likes best`, async () => {
      const fields: Field[] = accept === undefined ? [] : [["Accept", accept]];
      const response = await ask("/forward", [["X-Verdict", "403"], ...fields]);
      assert.deepEqual([response.status, response.body], [403, body]);
      assert.equal(value(response, "content-type"), type);
      assert.deepEqual(values(response, "vary"), ["Accept"]);
    });
  }

  it("auth on error paths: an answer with a page asks the authentication server once and the application never", async () => {
    for (const [verdict, status, body] of [["401", 401, "<p>no</p>"], ["404", 500, "broken"]] as const) {
      const [asked, served] = [auth.requests.length, app.requests.length];
      const response = await ask("/forward", [["X-Verdict", verdict]], { method: "POST", body: "secret" });
      assert.deepEqual([response.status, response.body], [status, body]);
      assert.equal(value(response, "x-alb-err-reason"), `AuthFail : auth-service-status: ${verdict}`);
      assert.deepEqual([auth.requests.length - asked, app.requests.length - served], [1, 0]);
    }
  });

  it("placeholder expansion: nothing in a page is expanded", async () => {
    assert.equal((await ask("/static")).body, "$host ${host} {env.HOME} {{.Host}}");
  });

  for (
    const [target, status, reason] of [
      ["/nobody", 404, "InvalidUpstream : no rule match"],
      ["/gone", 500, "InvalidBalancer : no balancer found for gone"],
      ["/refused", 502, "UpstreamFail : connection refused"],
      ["/bad-action", 500, "InvalidConfig : spec.config.redirect.code is invalid"],
      ["/bad-auth", 503, "AuthFail : forward.cache_duration is invalid"],
    ] as const
  ) {
    it(`${target}: the ALB2's page for ${status}, with and without compression`, async () => {
      for (const fields of [[], [["Accept-Encoding", "gzip"]]] as readonly Field[][]) {
        const response = await ask(target, fields);
        assert.deepEqual([response.status, utf8Body(response)], [status, "<h1>Grüße von edge</h1>"]);
        assert.equal(value(response, "content-type"), HTML);
        assert.equal(value(response, "x-alb-err-reason"), reason);
        assert.equal(value(response, "content-encoding"), undefined);
      }
    });
  }

  it("a status without a page, and a Rule with an empty list, have the gateway's own words", async () => {
    assert.equal((await ask("/inherits")).body, "X-Error: 401\n");
    assert.equal((await ask("/none")).body, "X-Error: 500\n");
  });

  it("a Frontend's pages count alone, for requests that no Rule takes too", async () => {
    const response = await ask("/x", [], { port: otherPort });
    assert.deepEqual([response.status, response.body], [404, "nothing here"]);
    assert.equal(value(response, "content-type"), "text/plain");
  });

  it("what the upstream answers is left alone", async () => {
    const response = await ask("/app/fails");
    assert.deepEqual([response.status, response.body], [503, "the app's own"]);
    assert.match(value(response, "x-alb-err-reason") ?? "", /^BackendError : /);
  });

  it("a page that cannot be had is left out, and told", async () => {
    assert.equal((await ask("/faulty")).body, "second");
    assert.equal((await ask("/unreadable")).status, 401);
    assert.equal((await ask("/unreadable", [["Authorization", FOO]])).body, "the app's own");
    const { problems } = await gateway.api("problems");
    const about = (name: string) =>
      problems.filter((each: { object: { name: string } }) => each.object.name === name)
        .map(({ field, reason }: { field: string; reason: string }) => `${field}: ${reason}`);
    assert.deepEqual(about("faulty"), [
      'spec.config.errorPages[0].cmRef: ConfigMap default/pages has no key "not-there"',
    ]);
    assert.deepEqual(about("unreadable"), ["spec.config.errorPages[0].status: expected a list, got 401"]);
  });

  it("a change of the ConfigMap is live", async () => {
    gateway.write("pages.yaml", [pagesMap({ "login.html": "<h1>Again?</h1>", "not-there": "it is" })]);
    await eventually(
      async () => (await ask("/basic")).body === "<h1>Again?</h1>",
      () => "still the old page",
    );
    assert.equal((await ask("/faulty")).body, "it is");
  });
});
