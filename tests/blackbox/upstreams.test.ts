/** Connections to upstreams: reuse, repetition, retries, and what the client is told when they fail (data-plane spec 3.10, 3.13). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, freePorts, LOOPBACK } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { readRequest, readResponse, type Response, value } from "./harness/message.ts";
import { frontend, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite, withSite } from "./harness/suite.ts";
import { type Handler, reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually, sleep } from "./harness/wire.ts";

/** Reads the request and resets. */
const RESET: Handler = (_, connection) => connection.reset();

describe("connections to an upstream", () => {
  let site: Site;
  before(async () => void (site = await startSite()));
  after(() => stopSite(site));

  it("are reused from request to request and from client to client", async () => {
    const before = site.upstream.connections.length;
    for (let n = 0; n < 10; n++) assert.equal((await site.request()).status, 200);
    const client = await site.dial();
    for (let n = 0; n < 10; n++) {
      await client.send(requestText({ method: "POST", body: "x".repeat(n) }));
      assert.equal((await readResponse(client)).status, 200);
    }
    client.close();
    assert.ok(site.upstream.connections.length - before <= 1, "one connection at most");
  });

  it("are not reused after Connection: close, HTTP/1.0 or bytes behind the response", async () => {
    const answers = [
      reply(200, [["Connection", "close"]], "ok"),
      "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
      `${reply(200, [], "ok")}surplus`,
    ];
    for (const answer of answers) {
      site.upstream.handler = () => answer;
      await site.request();
      const before = site.upstream.connections.length;
      site.upstream.handler = () => reply(200, [], "fresh");
      const response = await site.request();
      assert.equal(response.body, "fresh", answer);
      assert.equal(site.upstream.connections.length, before + 1, answer);
    }
  });

  it("that died while idle are replaced", async () => {
    await site.request();
    for (const connection of site.upstream.connections) connection.close();
    assert.equal((await site.request()).status, 200);
    await site.request();
    for (const connection of site.upstream.connections) connection.reset();
    assert.equal((await site.request()).status, 200);
  });

  it("that die under a repeated use before any byte are replaced, once", async () => {
    site.upstream.handler = () => reply(200, [], "ok");
    await site.request();
    const reused = site.upstream.connections.at(-1)!;
    site.upstream.handler = (_, connection) =>
      connection === reused ? connection.reset() : reply(200, [], "on a fresh one");
    const response = await site.request();
    assert.deepEqual([response.status, response.body], [200, "on a fresh one"]);

    await site.request();
    const before = site.upstream.requests.length;
    site.upstream.handler = RESET;
    assert.equal((await site.request()).status, 502);
    assert.equal(site.upstream.requests.length - before, 2, "the reused and one fresh connection");
  });

  it("are opened side by side for requests side by side", async () => {
    let held = 0;
    site.upstream.handler = async () => {
      held++;
      await eventually(() => held >= 5, () => `${held} requests at once`);
      return reply(200, [], "ok");
    };
    const responses = await Promise.all(Array.from({ length: 5 }, () => site.request()));
    assert.deepEqual(responses.map(({ status }) => status), [200, 200, 200, 200, 200]);
  });
});

describe("failing endpoints", () => {
  const good: Upstream[] = [];
  let bad: Upstream;
  let gateway: Gateway;
  let port: number;

  before(async () => {
    good.push(await startUpstream({ handler: ({ body }) => reply(200, [], `good ${body}`) }));
    bad = await startUpstream({ handler: RESET });
    const refusing = (await freePorts(7)).map((free) => `${LOOPBACK}:${free}`);
    port = await freePort();
    const endpoints: Record<string, string[]> = {
      none: [],
      refused: refusing.slice(0, 1),
      seven: refusing,
      "half-refused": [refusing[0]!, good[0]!.endpoint],
      lone: [bad.endpoint],
      "half-bad": [bad.endpoint, good[0]!.endpoint],
    };
    gateway = await startGateway({
      config: [
        frontend({ name: "web", port }),
        ...Object.entries(endpoints).flatMap(([name, list]) => [
          rule({ name, frontend: "web", dslx: underPath(`/${name}/`), services: [{ name }] }),
          ...service({ name, endpoints: list }),
        ]),
        rule({
          name: "undefined",
          frontend: "web",
          dslx: underPath("/undefined/"),
          services: [{ name: "nowhere" }],
        }),
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    await bad?.close();
    for (const upstream of good) await upstream.close();
  });

  function send(name: string, method = "GET", body?: string): Promise<Response> {
    const content = body === undefined ? {} : { body };
    return request({ host: gateway.host, port, method, target: `/${name}/`, ...content });
  }
  function assertError(response: Response, status: number, reason: RegExp): void {
    assert.equal(response.status, status);
    assert.equal(response.body, `X-Error: ${status}\n`);
    assert.match(value(response, "x-alb-err-reason") ?? "", reason);
    assert.equal(value(response, "via"), "alb");
  }

  it("no endpoint or no such Service: 500 and the name of the group", async () => {
    assertError(await send("none"), 500, /^InvalidBalancer : no balancer found for none$/);
    assertError(await send("undefined"), 500, /^InvalidBalancer : no balancer found for undefined$/);
  });

  it("refused: 502 with a reason, and the client's connection stays", async () => {
    assertError(await send("refused"), 502, /^UpstreamFail : ./);
    const client = await dial({ host: gateway.host, port });
    for (const _ of [1, 2]) {
      await client.send(requestText({ method: "POST", target: "/refused/", body: "b" }));
      assertError(await readResponse(client), 502, /^UpstreamFail : ./);
    }
    client.close();
  });

  it("reset before an answer: 502, and a lone endpoint is tried once", async () => {
    for (const connection of bad.connections) connection.close();
    await sleep(50);
    const before = bad.requests.length;
    assertError(await send("lone"), 502, /^UpstreamFail : ./);
    assert.equal(bad.requests.length - before, 1);
  });

  it("each endpoint is tried at most once, at most five in all", async () => {
    assertError(await send("seven"), 502, /^UpstreamFail : ./);
    const entry = await gateway.logged((each) => JSON.stringify(each).includes("/seven/"));
    assert.equal(entry.attempts.length, 5);
    assert.equal(new Set(entry.attempts.map((attempt: { endpoint: string }) => attempt.endpoint)).size, 5);
  });

  it("refused connections are retried for every method", async () => {
    for (const method of ["GET", "POST", "PATCH", "DELETE"]) {
      for (let n = 0; n < 4; n++) {
        const response = await send("half-refused", method, method === "GET" ? undefined : "body");
        assert.equal(response.status, 200, method);
        assert.equal(response.body, method === "GET" ? "good " : "good body");
      }
    }
  });

  it("requests that were sent are repeated elsewhere, with their bodies, when the method allows", async () => {
    for (const [method, body] of [["GET", undefined], ["PUT", "x".repeat(60_000)], ["DELETE", ""]] as const) {
      for (let n = 0; n < 4; n++) {
        const response = await send("half-bad", method, body);
        assert.deepEqual([response.status, response.body], [200, `good ${body ?? ""}`], method);
      }
    }
  });

  it("POST, PATCH and LOCK are not repeated once sent", async () => {
    for (const method of ["POST", "PATCH", "LOCK"]) {
      const statuses: number[] = [];
      const before = bad.requests.length;
      for (let n = 0; n < 4; n++) statuses.push((await send("half-bad", method, "body")).status);
      assert.deepEqual(statuses.toSorted(), [200, 200, 502, 502], method);
      assert.equal(bad.requests.length - before, 2, method);
    }
  });

  it("bodies above 64 KiB are not repeated", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 4; n++) statuses.push((await send("half-bad", "PUT", "x".repeat(100_000))).status);
    assert.deepEqual(statuses.toSorted(), [200, 200, 502, 502]);
  });
});

describe("nothing listens any more", () => {
  it("the first request after an upstream is gone is a 502, and it recovers with it", async () => {
    const site = await startSite();
    try {
      assert.equal((await site.request()).status, 200);
      await site.upstream.close();
      assert.equal((await site.request()).status, 502);
      const again = await startUpstream({ port: site.upstream.port });
      assert.equal((await site.request()).status, 200);
      await again.close();
    } finally {
      await site.gateway.stop();
    }
  });

  it("an upstream that ends a fresh connection without a word is a 502", async () => {
    await withSite({ handler: null }, async (site) => {
      const pending = site.request();
      const first = await site.upstream.nextConnection();
      await readRequest(first);
      first.halfClose();
      const response = await pending;
      assert.deepEqual([response.status, response.body], [502, "X-Error: 502\n"]);
    });
  });
});
