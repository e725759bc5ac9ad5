/** What a client may cost, with limits set low: slow heads, stalled bodies, idle readers, many connections. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import { readHead, readResponse, value } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { type Handler, reply } from "./harness/upstream.ts";
import { type Connection, eventually, sleep } from "./harness/wire.ts";

const LIMITS = [
  "request.maxHeadBytes=4096",
  "request.maxFields=20",
  "request.maxTargetBytes=1000",
  "headerReadMs=500",
  "bodyIdleMs=500",
  "sendIdleMs=500",
  "maxConnections=20",
];

describe("limits", () => {
  let site: Site;
  // No connection is pooled, so that tests may play the upstream by hand.
  const handler: Handler = () => reply(200, [["Connection", "close"]]);
  before(async () => {
    site = await startSite({ handler, args: LIMITS.flatMap((each) => ["--limits", each]) });
  });
  after(() => stopSite(site));

  async function statusOf(bytes: string): Promise<number> {
    const client = await site.dial();
    await client.send(bytes);
    const { status } = await readResponse(client);
    client.close();
    return status;
  }

  it("of the head's size, its lines and the target", async () => {
    assert.equal(await statusOf(requestText({ fields: [["X-L", "a".repeat(3000)]] })), 200);
    assert.equal(await statusOf(requestText({ fields: [["X-L", "a".repeat(5000)]] })), 431);
    assert.equal(await statusOf(requestText({ fields: Array(30).fill(["X-M", "1"]) })), 431);
    assert.equal(await statusOf(requestText({ target: `/${"a".repeat(1100)}` })), 414);
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
    const response = await readResponse(client);
    assert.equal(response.status, 408);
    assert.match(value(response, "x-alb-err-reason") ?? "", /^BadRequest : ./);
    await client.ended;
    client.close();
  });

  it("of the silence within a body: 408 and the upstream is let go", async () => {
    site.upstream.handler = null;
    const client = await site.dial();
    await client.send(requestText({ method: "POST", fields: [["Content-Length", "10"]], body: "some" }));
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    assert.equal((await readResponse(client)).status, 408);
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
    await assert.rejects(sending);
    client.close();
    upstream.close();
  });

  it("of connections: those beyond are closed at once, room is used again", async () => {
    const open: Connection[] = [];
    for (let n = 0; n < 20; n++) open.push(await site.dial());
    await sleep(100);
    const beyond = await site.dial().catch(() => undefined); // closed before we knew that it was open
    await beyond?.ended;
    beyond?.close();
    for (const connection of open) connection.close();
    site.upstream.handler = handler;
    await eventually(
      () => site.request().then(({ status }) => status === 200, () => false),
      () => "there is no room again",
    );
  });
});
