/** Security, configuration injection: whatever stands in a field of an object, it is that field's value and nothing else. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { request } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { type Field, type Request, value, values } from "./harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";

const HOSTILE: Readonly<Record<string, string>> = {
  "line break": "a\r\nX-Injected: 1\r\n\r\nGET /injected HTTP/1.1\r\n",
  "bare line feed": "a\nX-Injected: 1",
  "quotes and braces": 'a"; } location / { return 200; } # ${x} $(id) `id`',
  "control characters": "a\u0000\u0001\u007f\u001b[31m",
  "a surrogate": "a\ud800b\u4e2d",
  "64 KiB": "a".repeat(65_536),
};

/** A Rule with the text in one field, by the name of the field. */
const FIELDS: Readonly<
  Record<string, (text: string, authPort: number) => Partial<Parameters<typeof rule>[0]>>
> = {
  "vhost": (text) => ({ spec: { vhost: text } }),
  "rewrite_target": (text) => ({ spec: { rewrite_base: ".*", rewrite_target: `/${text}` } }),
  "rewrite_base": (text) => ({ spec: { rewrite_base: text, rewrite_target: "/x" } }),
  "corsAllowOrigin": (text) => ({ spec: { enableCORS: true, corsAllowOrigin: text } }),
  "corsAllowHeaders": (text) => ({ spec: { enableCORS: true, corsAllowHeaders: text } }),
  "cors.allowMethods": (text) => ({ spec: { enableCORS: true }, config: { cors: { allowMethods: text } } }),
  "cors.exposeHeaders": (text) => ({ spec: { enableCORS: true }, config: { cors: { exposeHeaders: text } } }),
  "redirect.url": (text) => ({ config: { redirect: { url: `/${text}` } } }),
  "redirect.host": (text) => ({ config: { redirect: { host: text } } }),
  "redirect.scheme": (text) => ({ config: { redirect: { scheme: text } } }),
  "redirect.replace_prefix": (text) => ({
    config: { redirect: { prefix_match: "/", replace_prefix: text } },
  }),
  "redirectURL": (text) => ({ spec: { redirectURL: text } }),
  "rewrite-request name": (text) => ({ annotations: { "rewrite-request": { headers: { [text]: "v" } } } }),
  "rewrite-request value": (text) => ({ annotations: { "rewrite-request": { headers: { "x-v": text } } } }),
  "rewrite-request variable": (text) => ({
    annotations: { "rewrite-request": { headers_var: { "x-v": text } } },
  }),
  "rewrite-response name": (text) => ({
    annotations: { "rewrite-response": { headers_add: { [text]: ["v"] } } },
  }),
  "rewrite-response value": (text) => ({
    annotations: { "rewrite-response": { headers: { "x-v": text } } },
  }),
  "session_affinity_attribute": (text) => ({ affinity: { policy: "cookie", attribute: text } }),
  "auth.forward.url": (text, port) => ({
    config: { auth: { forward: { url: `http://${LOOPBACK}:${port}/${text}` } } },
  }),
  "auth.forward.method": (text, port) => ({
    config: { auth: { forward: { url: `http://${LOOPBACK}:${port}/`, method: text } } },
  }),
  "auth.forward.auth_request_redirect": (text, port) => ({
    config: { auth: { forward: { url: `http://${LOOPBACK}:${port}/`, auth_request_redirect: text } } },
  }),
  "auth.forward.signin": (text, port) => ({
    config: { auth: { forward: { url: `http://${LOOPBACK}:${port}/401`, signin: `http://s/${text}` } } },
  }),
  "auth.basic.realm": (text) => ({
    config: { auth: { basic: { auth_type: "basic", realm: text, secret: "users" } } },
  }),
  "auth.forward.signin_redirect_param": (text, port) => ({
    config: {
      auth: {
        forward: {
          url: `http://${LOOPBACK}:${port}/401`,
          signin: "http://s/start",
          signin_redirect_param: text,
        },
      },
    },
  }),
  "auth.forward.upstream_headers": (text, port) => ({
    config: { auth: { forward: { url: `http://${LOOPBACK}:${port}/`, upstream_headers: [text] } } },
  }),
  "auth.forward.cache_key": (text, port) => ({
    config: { auth: { forward: { url: `http://${LOOPBACK}:${port}/`, cache_key: text } } },
  }),
  "errorPages.body": (text) => refusing({ status: [401], body: text }),
  "errorPages.contentType": (text) => refusing({ status: [401], body: "x", contentType: `text/x;${text}` }),
  "errorPages.cmRef": (text) => refusing({ status: [401], cmRef: text }),
  "reverseRewrite.location": (text) => ({
    config: { reverseRewrite: { location: [{ from: "http://in/", to: text }] } },
  }),
  "reverseRewrite.cookieDomain": (text) => ({
    config: { reverseRewrite: { cookieDomain: [{ from: "in", to: text }] } },
  }),
};

/** A Rule that answers 401, with a page. */
function refusing(page: object) {
  const auth = { basic: { auth_type: "basic", realm: "r", secret: "users" } };
  return { config: { auth, errorPages: [page] } };
}

/** What {@link FIELDS} may change of an answer. */
const ANSWER: Field[] = [["Location", "http://in/x"], ["Set-Cookie", "a=1; Domain=in; Path=/"]];

describe("security: configuration injection", () => {
  const names = Object.keys(FIELDS).flatMap((field) =>
    Object.keys(HOSTILE).map((text): [field: string, text: string] => [field, text])
  );
  let app: Upstream;
  let auth: Upstream;
  let gateway: Gateway;
  let port: number;

  before(async () => {
    app = await startUpstream({ handler: () => reply(200, ANSWER, "ok") });
    auth = await startUpstream({
      handler: ({ target }) => reply(target.startsWith("/401") ? 401 : 200, [], ""),
    });
    port = await freePort();
    gateway = await startGateway({
      config: {
        // JSON, as an API server has it: YAML has rules of its own about control characters.
        "all.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: objects() }),
      },
      args: ["--access-log", "off"],
    });
  });
  after(async () => {
    await gateway?.stop();
    await app?.close();
    await auth?.close();
  });

  function objects(): KubeObject[] {
    return [
      frontend({ name: "web", port }),
      ...service({ name: "app", endpoints: [app.endpoint] }),
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "users" },
        stringData: { auth: "foo:$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1" },
      },
      ...names.map(([field, text], index) =>
        rule({
          name: `r${index}`,
          frontend: "web",
          dslx: underPath(`/case-${index}-`),
          services: [{ name: "app" }],
          ...FIELDS[field]!(HOSTILE[text]!, auth.port),
        })
      ),
      rule({
        name: "neighbour",
        frontend: "web",
        dslx: underPath("/neighbour"),
        services: [{ name: "app" }],
      }),
    ];
  }

  function assertClean({ fields, startLine }: Pick<Request, "fields" | "startLine">): void {
    assert.deepEqual(values({ fields }, "x-injected"), [], startLine);
    for (const [name, text] of fields) {
      // deno-lint-ignore no-control-regex -- they are what must not be there
      assert.doesNotMatch(`${name}${text}`, /[\x00-\x08\x0a-\x1f\x7f]/, startLine);
    }
  }

  for (const field of Object.keys(FIELDS)) {
    it(field, async () => {
      for (const [index, [, text]] of names.entries()) {
        if (names[index]![0] !== field) continue;
        const seen = [app.requests.length, auth.requests.length] as const;
        const response = await request({
          host: gateway.host,
          port,
          target: `/case-${index}-`,
          fields: [["Host", "a.com"], ["Origin", "https://a.com"]],
        });
        assert.ok(response.status >= 200 && response.status <= 503, text);
        assertClean(response);
        for (const each of [...app.requests.slice(seen[0]), ...auth.requests.slice(seen[1])]) {
          assertClean(each);
        }
        assert.ok(app.requests.length - seen[0] <= 1, text);
        if (response.status >= 500) assert.match(value(response, "x-alb-err-reason") ?? "", /^\w+ : /);
      }
      const neighbour = await request({ host: gateway.host, port, target: "/neighbour" });
      assert.deepEqual([neighbour.status, neighbour.body], [200, "ok"], "others serve");
    });
  }

  it("everything that is refused names its field", async () => {
    const { problems } = await gateway.api("problems");
    assert.ok(problems.length > 20);
    for (const problem of problems) assert.match(problem.field, /^(spec|metadata)\./, problem.reason);
  });
});
