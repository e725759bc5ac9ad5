/** What peers may cost, with limits set low; each is counted when it is reached. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import { PROJECT } from "./harness/command.ts";
import { readHead, readResponse, value } from "./harness/message.ts";
import { handler, reachesAt, startLimited } from "./harness/limits.ts";
import { after, before, it, type Site, stopSite, withSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { sleep } from "./harness/wire.ts";

/** Times are longer than a busy machine pauses between two steps of a test that must not reach them. */
const LIMITS = [
  "request.maxHeadBytes=4096",
  "request.maxFields=20",
  "request.maxTargetBytes=1000",
  "headerReadMs=2000",
  "bodyIdleMs=2000",
  "sendIdleMs=2000",
  "maxBodyBytes=300000",
  "maxReplayBytes=1000",
  "maxResponseHeadBytes=2048",
  "upstreamIdleMs=3000",
  "maxIdlePerEndpoint=2",
  "requestsPerUpstreamConnection=3",
];
const KEEPALIVE = { http: { timeout: "3s", requests: 4 } };

describe("limits", () => {
  let site: Site;
  before(async () => void (site = await startLimited(LIMITS, { keepalive: KEEPALIVE })));
  after(() => stopSite(site));

  function reaches<T>(limit: string, act: () => Promise<T>, times = 1): Promise<T> {
    return reachesAt(site, limit, act, times);
  }

  async function statusOf(bytes: string): Promise<number> {
    const client = await site.dial();
    await client.send(bytes);
    const { status } = await readResponse(client);
    client.close();
    return status;
  }

  it("of the head's size, its lines and the target", async () => {
    assert.equal(await statusOf(requestText({ fields: [["X-L", "a".repeat(3000)]] })), 200);
    const refused = [
      ["request.maxHeadBytes", 431, requestText({ fields: [["X-L", "a".repeat(5000)]] })],
      ["request.maxFields", 431, requestText({ fields: Array(30).fill(["X-M", "1"]) })],
      ["request.maxTargetBytes", 414, requestText({ target: `/${"a".repeat(1100)}` })],
    ] as const;
    for (const [limit, status, text] of refused) {
      assert.equal(await reaches(limit, () => statusOf(text)), status);
    }
  });

  it("of the time for a head: 408, however it trickles", async () => {
    const client = await site.dial();
    const trickle = (async () => {
      for (const byte of `GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ${"a".repeat(200)}`) {
        await client.send(byte);
        await sleep(20);
      }
    })();
    trickle.catch(() => {}); // ends with the connection
    const response = await reaches("headerReadMs", () => readResponse(client));
    assert.equal(response.status, 408);
    assert.match(value(response, "x-alb-err-reason") ?? "", /^BadRequest : ./);
    await client.ended;
    client.close();
  });

  it("of the time in which only empty lines come: the connection is closed", async () => {
    const client = await site.dial();
    let over = false;
    const lines = (async () => {
      while (!over) {
        await client.send("\r\n");
        await sleep(50);
      }
    })();
    lines.catch(() => {}); // ends with the connection
    await reaches("headerReadMs", () => client.ended);
    over = true;
    client.close();
  });

  it("of the silence within a body: 408 and the upstream is let go", async () => {
    site.upstream.handler = null;
    const client = await site.dial();
    await client.send(requestText({ method: "POST", fields: [["Content-Length", "10"]], body: "some" }));
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    assert.equal((await reaches("bodyIdleMs", () => readResponse(client))).status, 408);
    await upstream.ended;
    client.close();
    upstream.close();
  });

  it("of a reader that takes nothing: the connection is cut, the upstream let go", async () => {
    const client = await site.dial();
    await client.send(requestText({}));
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    client.socket.pause();
    await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    const piece = new Uint8Array(1024 * 1024);
    const sending = (async () => {
      for (;;) await upstream.send(piece);
    })();
    await reaches("sendIdleMs", () => assert.rejects(sending));
    client.close();
    upstream.close();
  });

  it("of a body that is announced: 413 at once, and the upstream hears nothing of it", async () => {
    site.upstream.handler = handler;
    const seen = site.upstream.requests.length;
    const text = requestText({ method: "PUT", fields: [["Content-Length", "300001"]] });
    assert.equal(await reaches("maxBodyBytes", () => statusOf(text)), 413);
    assert.equal(site.upstream.requests.length, seen);
    const good = await site.request({ method: "PUT", body: "x".repeat(300_000) });
    assert.equal(good.status, 200);
  });

  it("of a body that is not announced: 413 when it is passed, and the upstream sees a cut, not an end", async () => {
    site.upstream.handler = null;
    const client = await site.dial();
    await client.send(requestText({ method: "PUT", fields: [["Transfer-Encoding", "chunked"]] }));
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    const response = await reaches("maxBodyBytes", async () => {
      for (let n = 0; n < 30; n++) await client.send(`2710\r\n${"x".repeat(10_000)}\r\n`);
      await client.send("1\r\nx\r\n0\r\n\r\n");
      return await readResponse(client);
    });
    assert.equal(response.status, 413);
    assert.match(
      value(response, "x-alb-err-reason") ?? "",
      /^BadRequest : request body of more than 300000 bytes/,
    );
    const text = Buffer.from(await upstream.readToEnd()).toString("latin1");
    assert.ok(!text.endsWith("0\r\n\r\n"), "the body looks finished");
    client.close();
    upstream.close();
  });

  it("of a body kept for a retry: it goes on, and is not repeated", async () => {
    site.upstream.handler = handler;
    const body = "x".repeat(5000);
    const { status } = await reaches("maxReplayBytes", () => site.request({ method: "PUT", body }));
    assert.equal(status, 200);
  });

  it("of the head of an answer, and of its lines: 502", async () => {
    site.upstream.handler = () => reply(200, [["X-L", "a".repeat(3000)]]);
    assert.equal((await reaches("maxResponseHeadBytes", () => site.request())).status, 502);
    site.upstream.handler = () => reply(200, Array(30).fill(["X-M", "1"]));
    assert.equal((await reaches("request.maxFields", () => site.request())).status, 502);
    site.upstream.handler = handler;
  });

  it("of a trailer section: 431, and the upstream sees a cut, not an end", async () => {
    site.upstream.handler = null;
    for (
      const [limit, trailers] of [
        ["request.maxHeadBytes", `X-L: ${"a".repeat(5000)}\r\n`],
        ["request.maxFields", "X-M: 1\r\n".repeat(30)],
      ] as const
    ) {
      const client = await site.dial();
      const fields: [string, string][] = [["Transfer-Encoding", "chunked"]];
      await client.send(requestText({ method: "PUT", fields, body: "1\r\nx\r\n" }));
      const upstream = await site.upstream.nextConnection();
      await readHead(upstream);
      const { status } = await reaches(limit, async () => {
        await client.send(`0\r\n${trailers}\r\n`);
        return await readResponse(client);
      });
      assert.equal(status, 431, limit);
      const text = Buffer.from(await upstream.readToEnd()).toString("latin1");
      assert.ok(!text.includes("0\r\n"), "the body looks finished");
      client.close();
      upstream.close();
    }
    site.upstream.handler = handler;
  });

  it("of requests on a connection to an upstream, of idle ones kept, and of their idle time", async () => {
    site.upstream.handler = () => reply(200, [], "ok");
    const open = site.upstream.connections.length;
    await reaches("requestsPerUpstreamConnection", async () => {
      for (let n = 0; n < 3; n++) await site.request();
      assert.equal(site.upstream.connections.length, open + 1);
    });
    await reaches("upstreamIdleMs", () =>
      reaches("maxIdlePerEndpoint", async () => {
        let waiting = 0;
        const gate = Promise.withResolvers<void>();
        site.upstream.handler = async () => {
          if (++waiting === 4) gate.resolve();
          await gate.promise;
          return reply(200, [], "ok");
        };
        await Promise.all([1, 2, 3, 4].map(() => site.request()));
      }, 2), 2);
    site.upstream.handler = handler;
  });

  it("of requests on a client's connection, and of its idle time", async () => {
    const client = await site.dial();
    await reaches("keepalive.http.requests", async () => {
      for (let n = 1; n <= 4; n++) {
        await client.send(requestText({}));
        assert.equal(value(await readResponse(client), "connection"), n === 4 ? "close" : undefined);
      }
      await client.ended;
    });
    const idle = await site.dial();
    await reaches("keepalive.http.timeout", () => idle.ended);
    client.close();
    idle.close();
  });
});

describe("the limit of a body that a middleware reads", () => {
  it("is 413, and the upstream hears nothing of it", async () => {
    const args = [
      ...["--limits", "maxBufferedBodyBytes=1000"],
      ...["--middleware", `gatekeeper=${PROJECT}/tests/blackbox/fixtures/gatekeeper.ts`],
    ];
    const config = { middlewares: [{ name: "gatekeeper" }] };
    await withSite({ handler, args, config }, async (site) => {
      const put = (size: number) =>
        site.request({ method: "PUT", fields: [["X-Read", "1"]], body: "x".repeat(size) });
      const whole = await put(1000);
      assert.deepEqual([whole.status, whole.body.length], [200, "read ".length + 1000]);
      const { status } = await reachesAt(site, "maxBufferedBodyBytes", () => put(1001));
      assert.deepEqual([status, site.upstream.requests.length], [413, 0]);
    });
  });
});
