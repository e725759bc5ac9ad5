/** What attackers try at authentication, against the real program. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { type Field, readResponse, type Request, value, values } from "./harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually, sleep } from "./harness/wire.ts";

const APR1_OF_BAR = "$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1";
const FOO = `Basic ${btoa("foo:bar")}`;
const BAZ = `Basic ${btoa("baz:bar")}`;

describe("security: authentication", () => {
  let auth: Upstream;
  let app: Upstream;
  let gateway: Gateway;
  let port: number;
  let guardedPort: number;

  before(async () => {
    // The verdict is what the request asks for: 200 unless it says otherwise.
    auth = await startUpstream({
      handler: (seen) => {
        const user: Field[] = values(seen, "x-silent").length > 0 ? [] : [["x-user", "alice"]];
        return reply(Number(values(seen, "x-verdict")[0] ?? 200), user, "secret of the server");
      },
    });
    app = await startUpstream({ handler: ({ body }) => reply(200, [], `app ${body.length}`) });
    [port, guardedPort] = [await freePort(), await freePort()];
    const upgraded = `http://${auth.endpoint}`;
    const forward = {
      url: `${upgraded}/auth`,
      upstream_headers: ["X-User"],
      signin: `http://login.test/start?u=$http_x_back`,
      auth_headers_cm_ref: "default/fields",
    };
    const guard = (name: string, config: unknown, more: Partial<Parameters<typeof rule>[0]> = {}) =>
      rule({
        name,
        frontend: "web",
        priority: 1,
        dslx: underPath(`/${name}`),
        services: [{ name: "app" }],
        config,
        ...more,
      });
    gateway = await startGateway({
      config: {
        "main.yaml": [
          frontend({ name: "web", port }),
          frontend({
            name: "guarded",
            port: guardedPort,
            services: [{ name: "app" }],
            config: { auth: { forward: { url: `${upgraded}/auth` } } },
          }),
          ...service({ name: "app", endpoints: [app.endpoint] }),
          ...service({ name: "dead", endpoints: [`${LOOPBACK}:${await freePort()}`] }),
          configMap("framing", {
            "Content-Length": "31",
            "transfer-encoding": "chunked",
            Connection: "close, x-back",
            Upgrade: "h2c",
            Expect: "100-continue",
            "X-Kept": "kept",
          }),
          guard("framed", { auth: { forward: { ...forward, auth_headers_cm_ref: "framing" } } }),
          configMap("fields", { "X-Copy": "<$http_x_copy>", Authorization: "Bearer hunter2" }),
          guard("forward", { auth: { forward: { ...forward, auth_headers_cm_ref: "" } } }),
          guard("copy", { auth: { forward } }),
          guard("dead", { auth: { forward: { url: forward.url } } }, { services: [{ name: "dead" }] }),
          guard("tagged", {
            auth: { forward: { ...forward, auth_headers_cm_ref: "", signin: "" } },
            middlewares: [{ name: "tag", options: { show: "X-User" } }],
          }),
          guard("metadata", { auth: { forward: { url: "http://169.254.169.254/latest/meta-data/" } } }),
          guard("no-map", { auth: { forward: { ...forward, auth_headers_cm_ref: "default/none" } } }),
          guard("basic", { auth: { basic: { auth_type: "basic", realm: "r", secret: "users" } } }),
          rule({ name: "open", frontend: "web", priority: 9, services: [{ name: "app" }] }),
        ],
        "users.yaml": [users("foo", "baz")],
      },
      args: ["--middleware", `tag=${new URL("fixtures/tag-request.ts", import.meta.url).pathname}`],
    });
  });
  after(async () => {
    await gateway?.stop();
    await auth?.close();
    await app?.close();
  });

  /** One request, and the requests that the two servers saw because of it. */
  async function attempt(
    target: string,
    fields: readonly Field[] = [],
    more: { method?: string; body?: string } = {},
  ) {
    const [asked, served] = [auth.requests.length, app.requests.length];
    const at = { host: LOOPBACK, port, target, fields: [["Host", "a.com"] as Field, ...fields] };
    const response = await request({ ...at, ...more });
    return {
      response,
      asked: auth.requests.slice(asked),
      seen: app.requests.slice(served) as readonly (Request | undefined)[],
    };
  }

  const DENY: Field = ["X-Verdict", "403"];

  it("asks whatever way the path is written, and shows the server what the upstream would get", async () => {
    const ways = [
      "/forward",
      "/%66orward",
      "//forward",
      "/./forward",
      "/x/../forward",
      "/forward%2fx",
      "/forward/;a/x",
    ];
    for (
      const way of [
        ...ways,
        "/%2e/forward",
        "/forward?a=/open",
        "http://other.com/forward",
        "/x/%2e%2e/forward",
      ]
    ) {
      const { response, asked, seen } = await attempt(way, [DENY]);
      assert.equal(response.status, 403, way);
      assert.deepEqual(seen, [], way);
      assert.equal(asked.length, 1, way);
      assert.equal(value(asked[0]!, "x-original-uri"), way.replace("http://other.com", ""), way);
    }
  });

  it("asks whatever the method, preflights apart", async () => {
    for (const method of ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PURGE"]) {
      const { response, seen } = await attempt("/forward", [DENY], { method });
      assert.equal(response.status, 403, method);
      assert.deepEqual(seen, [], method);
    }
  });

  it("auth on error paths: asks in front of the default route of a Frontend", async () => {
    const before = app.requests.length;
    const at = { host: LOOPBACK, port: guardedPort };
    assert.equal((await request({ ...at, fields: [["Host", "a"], DENY] })).status, 403);
    assert.equal(app.requests.length, before);
    assert.equal((await request(at)).status, 200);
  });

  it("auth on error paths: asks once, also when the upstream fails, and tells nobody else of that failure", async () => {
    const denied = await attempt("/dead", [DENY]);
    assert.equal(denied.response.status, 403);
    const { response, asked } = await attempt("/dead");
    assert.equal(response.status, 502);
    assert.equal(asked.length, 1);
  });

  it("auth on error paths: lets nobody through where it cannot be built, and does not ask either", async () => {
    const { response, asked, seen } = await attempt("/no-map");
    assert.equal(response.status, 503);
    assert.equal(value(response, "x-alb-err-reason"), "AuthFail : invalid-auth-req-cm-ref");
    assert.deepEqual([asked, seen], [[], []]);
  });

  it("hides what the authentication server says", async () => {
    for (const verdict of ["401", "403", "404", "500"]) {
      const { response } = await attempt("/forward", [["X-Verdict", verdict]]);
      assert.doesNotMatch(JSON.stringify(response), /secret of the server|alice/);
    }
  });

  const spellings: readonly Field[] = [
    ["X-User", "evil"],
    ["x-user", "evil"],
    ["X_User", "evil"],
    ["X.User", "evil"],
    ["x_USER", "evil"],
  ];
  for (const target of ["/forward", "/tagged"]) {
    it(`takes nobody's word for who they are, in whatever spelling (${target})`, async () => {
      const { seen: [first] } = await attempt(target, [...spellings, ["Connection", "X-User"]]);
      assert.deepEqual(identities(first), [["x-user", "alice"]]);
      const { seen: [second] } = await attempt(target, [...spellings, ["X-Silent", "1"]]);
      assert.deepEqual(identities(second), []);
    });
  }

  it("shows user middlewares who it is, not who the client says it is", async () => {
    const { seen: [first] } = await attempt("/tagged", spellings);
    assert.equal(value(first!, "x-seen"), "alice");
    const { seen: [second] } = await attempt("/tagged", [...spellings, ["X-Silent", "1"]]);
    assert.equal(value(second!, "x-seen"), "nothing");
  });

  it("takes nobody's word for who they are in trailers", async () => {
    const before = app.requests.length;
    const client = await dial({ host: LOOPBACK, port });
    const fields: Field[] = [["Transfer-Encoding", "chunked"], ["Trailer", "X-User"]];
    await client.send(
      requestText({ method: "POST", target: "/forward", fields }) +
        "3\r\nabc\r\n0\r\nX-User: evil\r\nX_User: evil\r\nX-Sum: 1\r\n\r\n",
    );
    assert.equal((await readResponse(client, "POST")).status, 200);
    client.close();
    assert.deepEqual(app.requests[before]?.trailers, [["X-Sum", "1"]]);
    assert.deepEqual(identities(app.requests[before]), [["x-user", "alice"]]);
  });

  it("asks about requests with bodies without their bodies, which arrive whole", async () => {
    const { response, asked: [call] } = await attempt("/forward", [["Content-Type", "text/plain"]], {
      method: "POST",
      body: "x".repeat(1_000_000),
    });
    assert.equal(response.body, "app 1000000");
    assert.deepEqual(values(call!, "content-length"), []);
    assert.deepEqual(values(call!, "transfer-encoding"), []);
    assert.equal(call?.body, "");
  });

  it("refuses before it lets a body come", async () => {
    const client = await dial({ host: LOOPBACK, port });
    const fields: Field[] = [["Expect", "100-continue"], ["Content-Length", "5"], DENY];
    await client.send(requestText({ method: "POST", target: "/forward", fields }));
    const response = await readResponse(client, "POST");
    client.close();
    assert.equal(response.status, 403);
    assert.deepEqual(response.interim, []);
    assert.equal(value(response, "connection"), "close");
  });

  it("refuses protocol switches, and lets those who may switch", async () => {
    const upgrade: Field[] = [["Connection", "Upgrade"], ["Upgrade", "websocket"]];
    const { response, seen } = await attempt("/forward", [...upgrade, DENY]);
    assert.equal(response.status, 403);
    assert.deepEqual(seen, []);
    const allowed = await attempt("/forward", upgrade);
    assert.equal(value(allowed.seen[0]!, "upgrade"), "websocket");
  });

  it("breaks no line and leads nowhere else at the sign-in", async () => {
    const back = 'x%0d%0aSet-Cookie:%20a=1&rd=http://evil.com/#\\"<';
    const { response } = await attempt("/forward?q=%0d%0aX-Evil:1", [["X-Verdict", "401"], ["X-Back", back]]);
    assert.equal(response.status, 302);
    const location = value(response, "location")!;
    assert.ok(location.startsWith("http://login.test/start?u=x%0d%0aSet-Cookie:%20a=1"), location);
    assert.match(location, /^[\x21-\x7e]+$/);
    assert.doesNotMatch(location, /[#\\"<]/);
    assert.deepEqual(values(response, "set-cookie"), []);
    assert.deepEqual(values(response, "x-evil"), []);
  });

  it("never expands what a request brings", async () => {
    for (const text of ["$host", "${http_cookie}", "{env.HOME}", "$$http_host", "%24host"]) {
      const { asked: [call] } = await attempt("/copy", [["X-Copy", text]]);
      assert.equal(value(call!, "x-copy"), `<${text}>`);
    }
  });

  it("calls no metadata service, and tells the operator", async () => {
    const { response } = await attempt("/metadata");
    assert.equal(response.status, 500);
    assert.equal(value(response, "x-alb-err-reason"), "AuthFail : send-auth-request-fail");
    await gateway.process.waitForLine("stderr", (line) => line.includes("169.254.169.254 may not be called"));
  });

  it("lets no configuration say where a call ends, which others' calls follow on the same connection", async () => {
    const connections = auth.connections.length;
    for (let i = 0; i < 3; i++) assert.equal((await attempt("/framed")).response.status, 200);
    for (const call of auth.requests.slice(-3)) {
      assert.equal(value(call, "x-kept"), "kept");
      for (const name of ["content-length", "transfer-encoding", "upgrade", "expect"]) {
        assert.deepEqual(values(call, name), [], name);
      }
      assert.deepEqual(values(call, "connection"), ["keep-alive"]);
    }
    assert.ok(auth.connections.length <= connections + 1, "the connection is kept");
  });

  it("keeps its connections to the server", async () => {
    for (let i = 0; i < 5; i++) await attempt("/forward");
    const before = auth.connections.length;
    for (let i = 0; i < 20; i++) await attempt("/forward");
    assert.equal(auth.connections.length, before);
  });

  it("shows no secrets in the table", async () => {
    const table = JSON.stringify(await gateway.api("table"));
    assert.doesNotMatch(table, /hunter2|qICNZ61Q/);
    assert.match(table, /"forward-auth"/);
    assert.match(table, /"basic-auth"/);
  });

  it("knows no users that are gone, however lately they came in", async () => {
    const status = async (authorization: string) =>
      (await attempt("/basic", [["Authorization", authorization]])).response.status;
    assert.deepEqual([await status(FOO), await status(BAZ)], [200, 200]);
    gateway.write("users.yaml", [users("foo")]);
    await eventually(async () => await status(BAZ) === 401, () => "baz still comes in");
    assert.equal(await status(FOO), 200);
    // A file without any user that can be read is no good version: the last one keeps counting.
    gateway.write("users.yaml", [{ ...users(), stringData: { auth: "foo:plain" } }]);
    await eventually(
      async () =>
        (await gateway.api("problems")).problems.some(({ stale }: { stale?: boolean }) => stale === true),
      () => "no problem was reported",
    );
    await sleep(50);
    assert.deepEqual([await status(FOO), await status(BAZ)], [200, 401]);
  });
});

/** Fields that a careless backend could take for the user's name. */
function identities(seen: Request | undefined): readonly Field[] {
  return seen!.fields.map(([name, text]): Field => [name.toLowerCase(), text]).filter(([name]) =>
    /^x.user$/.test(name)
  );
}

function users(...names: string[]): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "users", namespace: "default" },
    stringData: { auth: names.map((name) => `${name}:${APR1_OF_BAR}\n`).join("") },
  };
}

function configMap(name: string, data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data };
}
