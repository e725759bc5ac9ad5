/** TLS to endpoints: `backendProtocol: https` and `upstreamTLS` (data-plane spec 3.8). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server } from "node:net";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { type Authority, createAuthority, NO_OPENSSL } from "./harness/certificates.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { readHead, readResponse, type Response, value } from "./harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, serverNameOf, startUpstream, type Upstream } from "./harness/upstream.ts";
import { latin1, sleep } from "./harness/wire.ts";

const LARGE = 4 * 1024 * 1024;

describe("TLS to endpoints", () => {
  let authority: Authority;
  let gateway: Gateway;
  let port: number;
  let secure: Upstream;
  /** Speaks no TLS. */
  let plain: Server;
  let mute: Upstream;

  function https(name: string, config?: unknown, services = ["secure"], spec = {}): KubeObject {
    return rule({
      name,
      frontend: "web",
      dslx: underPath(`/${name}/`),
      services: services.map((each) => ({ name: each })),
      ...(config === undefined ? {} : { config }),
      spec: { backendProtocol: "https", ...spec },
    });
  }

  before(async () => {
    if (NO_OPENSSL !== false) return;
    authority = createAuthority();
    secure = await startUpstream({ tls: authority.issue("DNS:good.example") });
    plain = createServer((socket) =>
      void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n").on("error", () => {})
    );
    await new Promise<void>((resolve) => plain.listen(0, LOOPBACK, resolve));
    mute = await startUpstream({ handler: null });
    port = await freePort();
    gateway = await startGateway({
      args: ["--access-log", "off"],
      config: [
        frontend({ name: "web", port }),
        https("default"),
        https("capitals", undefined, ["secure"], { backendProtocol: "HTTPS" }),
        https("vhost", undefined, ["secure"], { vhost: "Vhost.Example:8443" }),
        https("named", { upstreamTLS: { serverName: "fixed.example" } }),
        https("verified", { upstreamTLS: { caSecret: "authority" } }),
        https("unknown-authority", { upstreamTLS: { verify: true } }),
        https("not-tls", undefined, ["plain"]),
        https("mute", { timeout: { proxy_connect_timeout_ms: 300 } }, ["mute"]),
        https("either", undefined, ["secure", "plain"]),
        rule({ name: "plain", frontend: "web", dslx: underPath("/plain/"), services: [{ name: "secure" }] }),
        {
          apiVersion: "v1",
          kind: "Secret",
          metadata: { name: "authority", namespace: "default" },
          stringData: { "ca.crt": authority.cert },
        },
        ...service({ name: "secure", endpoints: [secure.endpoint] }),
        ...service({ name: "plain", endpoints: [`${LOOPBACK}:${(plain.address() as AddressInfo).port}`] }),
        ...service({ name: "mute", endpoints: [mute.endpoint] }),
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    for (const upstream of [secure, mute]) await upstream?.close();
    plain?.close();
  });

  function get(path: string, host = "good.example"): Promise<Response> {
    return request({ host: gateway.host, port, target: path, fields: [["Host", host]] });
  }

  function newConnections(since: number): string[] {
    return secure.connections.slice(since).map(serverNameOf);
  }

  const options = { skip: NO_OPENSSL };

  it("believes any certificate, asks for the Host, and uses connections again", options, async () => {
    const before = secure.connections.length;
    for (const path of ["/default/1", "/default/2", "/capitals/3"]) {
      const response = await get(path, "some.example:8080");
      assert.deepEqual([response.status, response.body], [200, "ok"]);
    }
    assert.deepEqual(newConnections(before), ["some.example"]);
    assert.equal(value(secure.requests.at(-1)!, "host"), "some.example:8080");
  });

  it(
    "asks for the vhost or the configured name, and for nothing where the Host is an address",
    options,
    async () => {
      for (
        const [path, host, name] of [
          ["/vhost/", "a.example", "vhost.example"],
          ["/named/", "a.example", "fixed.example"],
          ["/default/", "192.0.2.1", ""],
          ["/default/", "[2001:db8::1]:80", ""],
        ] as const
      ) {
        const before = secure.connections.length;
        assert.equal((await get(path, host)).status, 200, host);
        const names = newConnections(before);
        assert.ok(names.length <= 1 && names.every((each) => each === name), `${path} ${host}: ${names}`);
      }
    },
  );

  it("does not send a request for one name over a connection for another", options, async () => {
    const before = secure.connections.length;
    for (const host of ["one.example", "two.example", "one.example", "two.example"]) {
      await get("/default/", host);
    }
    assert.deepEqual(newConnections(before), ["one.example", "two.example"]);
  });

  it("verifies where it is asked to: authority and name", options, async () => {
    assert.equal((await get("/verified/")).status, 200);
    for (
      const [path, host] of [["/verified/", "bad.example"], ["/unknown-authority/", "good.example"]] as const
    ) {
      const before = secure.requests.length;
      const response = await get(path, host);
      assert.equal(response.status, 502, path);
      assert.match(value(response, "x-alb-err-reason")!, /^UpstreamFail : connection failed \([A-Z_]+\)$/);
      assert.equal(secure.requests.length, before);
    }
  });

  it("never mixes plain and TLS connections to one endpoint", options, async () => {
    assert.equal((await get("/default/")).status, 200);
    assert.notEqual((await get("/plain/")).status, 200);
    assert.equal((await get("/default/")).status, 200);
  });

  it("that cannot be had is a 502, and within the connect timeout", options, async () => {
    assert.equal((await get("/not-tls/")).status, 502);
    const response = await get("/mute/");
    assert.equal(response.status, 504);
    assert.match(value(response, "x-alb-err-reason")!, /no connection within 300 ms/);
  });

  it("another endpoint is tried where the handshake fails", options, async () => {
    for (let n = 0; n < 4; n++) assert.equal((await get("/either/")).status, 200);
  });

  it("carries large bodies in both directions, also past a slow reader", options, async () => {
    const body = "0123456789abcdef".repeat(LARGE / 16);
    secure.handler = (received) => reply(200, [], latin1(Buffer.from(received.body, "latin1")));
    const client = await dial({ host: gateway.host, port });
    await client.send(requestText({
      method: "POST",
      target: "/default/",
      fields: [["Host", "good.example"], ["Content-Length", `${LARGE}`]],
    }));
    const sent = client.send(body);
    await sleep(300);
    await sent;
    const response = await readResponse(client);
    client.close();
    assert.equal(response.status, 200);
    assert.ok(response.body === body, `${response.body.length} bytes of ${LARGE} came back`);
    secure.handler = () => reply(200, [], "ok");
  });

  it("an upgraded connection passes bytes both ways", options, async () => {
    secure.handler = async (_, connection) => {
      await connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
      );
      for (let n = 0; n < 2; n++) await connection.send(await connection.readUntil("\n"));
      connection.halfClose();
    };
    const client = await dial({ host: gateway.host, port });
    const fields: [string, string][] = [["Host", "up.example"], ["Connection", "upgrade"], [
      "Upgrade",
      "echo",
    ]];
    await client.send(requestText({ target: "/default/", fields }));
    assert.match((await readHead(client)).startLine, / 101 /);
    for (const text of ["one\n", "two\n"]) {
      await client.send(text);
      assert.equal(await client.readUntil("\n"), text);
    }
    await client.ended;
    client.close();
    secure.handler = () => reply(200, [], "ok");
  });

  it("a connection that the endpoint closed while it idled is replaced", options, async () => {
    await get("/default/");
    for (const connection of secure.connections) connection.close();
    for (let n = 0; n < 3; n++) assert.equal((await get("/default/")).status, 200);
  });
});
