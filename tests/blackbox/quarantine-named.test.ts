/** A Secret or ConfigMap that becomes invalid counts on as it was last good for those who name it, and is called stale. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "./harness/addresses.ts";
import { type Authority, createAuthority, NO_OPENSSL } from "./harness/certificates.ts";
import { request } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { value } from "./harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

/** Of `bar`. */
const HASH = "$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1";
const FOO = `Basic ${btoa("foo:bar")}`;

function named(kind: "Secret" | "ConfigMap", name: string, fields: unknown): KubeObject {
  return { apiVersion: "v1", kind, metadata: { name, namespace: "default" }, ...fields as object };
}

const USERS = named("Secret", "users", { stringData: { auth: `foo:${HASH}\n` } });
const FIELDS = named("ConfigMap", "fields", { data: { "X-Key": "first" } });

describe("quarantine of what others name", () => {
  let app: Upstream;
  let auth: Upstream;
  let secure: Upstream | undefined;
  let authority: Authority | undefined;
  let gateway: Gateway;
  let port: number;

  before(async () => {
    app = await startUpstream({ handler: () => reply(200, [], "app") });
    auth = await startUpstream({ handler: (seen) => reply(value(seen, "x-key") === "first" ? 200 : 403) });
    if (NO_OPENSSL === false) {
      authority = createAuthority();
      secure = await startUpstream({ tls: authority.issue("DNS:good.example") });
    }
    port = await freePort();
    const guard = (name: string, config: unknown, more = {}) =>
      rule({
        name,
        frontend: "web",
        dslx: underPath(`/${name}`),
        services: [{ name: "app" }],
        config,
        ...more,
      });
    const forward = { url: `http://${auth.endpoint}/auth`, auth_headers_cm_ref: "fields" };
    gateway = await startGateway({
      config: {
        "main.yaml": [
          frontend({ name: "web", port }),
          guard("basic", { auth: { basic: { auth_type: "basic", secret: "users" } } }),
          guard("forward", { auth: { forward } }),
          ...service({ name: "app", endpoints: [app.endpoint] }),
          ...(secure === undefined ? [] : [
            guard("tls", { upstreamTLS: { caSecret: "authority" } }, {
              services: [{ name: "secure" }],
              spec: { backendProtocol: "https" },
            }),
            ...service({ name: "secure", endpoints: [secure.endpoint] }),
          ]),
        ],
        "users.yaml": [USERS],
        "fields.yaml": [FIELDS],
        "authority.yaml": secure === undefined ? [] : [certificates()],
      },
    });
  });
  after(async () => {
    await gateway?.stop();
    for (const upstream of [app, auth, secure]) await upstream?.close();
  });

  function certificates(text = authority?.cert): KubeObject {
    return named("Secret", "authority", { stringData: { "ca.crt": text } });
  }
  async function status(path: string, authorization?: string): Promise<number> {
    const fields: [string, string][] = [["Host", "good.example"]];
    if (authorization !== undefined) fields.push(["Authorization", authorization]);
    return (await request({ host: gateway.host, port, target: path, fields })).status;
  }
  async function problemOf(kind: string, name: string): Promise<Json> {
    return await eventually(
      async () => {
        const { problems } = await gateway.api("problems");
        return problems.find(({ object }: Json) => object.kind === kind && object.name === name);
      },
      () => `no problem of ${kind} ${name}`,
    );
  }
  async function staleIn(path: string): Promise<Json[]> {
    return (await gateway.api(`explain?url=${encodeURIComponent(`http://good.example:${port}${path}`)}`))
      .stale;
  }
  function solved(): Promise<unknown> {
    return eventually(
      async () => (await gateway.api("problems")).problems.length === 0,
      () => "there are still problems",
    );
  }

  const badUsers: Readonly<Record<string, { readonly fields: unknown; readonly code: string }>> = {
    "without a hash that can be read": {
      fields: { stringData: { auth: "foo:plain\n" } },
      code: "InvalidAuth",
    },
    "without its key": { fields: { stringData: { other: "foo:plain\n" } }, code: "InvalidAuth" },
    "that is no base64": { fields: { data: { auth: "%%%" } }, code: "InvalidObject" },
  };
  for (const [what, { fields, code }] of Object.entries(badUsers)) {
    it(`a Secret of users ${what} lets in who was let in`, async () => {
      assert.deepEqual([await status("/basic", FOO), await status("/basic")], [200, 401]);
      assert.deepEqual(await staleIn("/basic"), []);
      gateway.write("users.yaml", [named("Secret", "users", fields)]);
      const problem = await problemOf("Secret", "users");
      assert.deepEqual([problem.code, problem.stale, problem.severity], [code, true, "error"]);
      assert.match(problem.object.file, /users\.yaml$/);
      assert.deepEqual([await status("/basic", FOO), await status("/basic")], [200, 401]);
      const stale = await staleIn("/basic");
      assert.deepEqual(stale.map(({ object }) => object), [
        { kind: "Secret", namespace: "default", name: "users" },
      ]);
      assert.deepEqual(await staleIn("/forward"), [], "others do not name it");
      gateway.write("users.yaml", [USERS]);
      await solved();
    });
  }

  it("a ConfigMap with a name that no header has gives the headers that it gave", async () => {
    assert.equal(await status("/forward"), 200);
    gateway.write("fields.yaml", [named("ConfigMap", "fields", { data: { "X Y": "first" } })]);
    const problem = await problemOf("ConfigMap", "fields");
    assert.deepEqual([problem.code, problem.field, problem.stale], ["InvalidAuth", 'data["X Y"]', true]);
    assert.equal(await status("/forward"), 200);
    assert.deepEqual((await staleIn("/forward")).map(({ object }) => object.name), ["fields"]);
    gateway.write("fields.yaml", [named("ConfigMap", "fields", { data: { "X-Key": "second" } })]);
    await solved();
    assert.equal(await status("/forward"), 403, "a good change counts");
    gateway.write("fields.yaml", [FIELDS]);
  });

  it("a Secret without its certificates: those that were in it count", { skip: NO_OPENSSL }, async () => {
    assert.equal(await status("/tls"), 200);
    gateway.write("authority.yaml", [certificates("nothing")]);
    const problem = await problemOf("Secret", "authority");
    assert.deepEqual([problem.code, problem.field], ["InvalidAction", 'data["ca.crt"]']);
    assert.equal(problem.stale, true);
    assert.equal(await status("/tls"), 200);
    assert.deepEqual((await staleIn("/tls")).map(({ object }) => object.name), ["authority"]);
    gateway.write("authority.yaml", [certificates()]);
    await solved();
  });

  it("one that is deleted is gone: nobody passes", async () => {
    gateway.write("users.yaml", [named("Secret", "users", { stringData: { auth: "foo:plain\n" } })]);
    await problemOf("Secret", "users");
    gateway.remove("users.yaml");
    await eventually(async () => await status("/basic", FOO) === 500, () => "it still counts");
    // What comes back bad has no good version any more.
    gateway.write("users.yaml", [named("Secret", "users", { stringData: { auth: "foo:plain\n" } })]);
    const problem = await problemOf("Secret", "users");
    assert.deepEqual([problem.stale, await status("/basic", FOO)], [undefined, 500]);
    gateway.write("users.yaml", [USERS]);
    await solved();
    assert.equal(await status("/basic", FOO), 200);
  });
});
