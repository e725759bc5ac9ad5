/** Peers that leave at the worst moment: nobody else notices, and nothing is left behind. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import type { Json } from "./harness/gateway.ts";
import type { Request } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { type Connection, eventually, sleep } from "./harness/wire.ts";

const LARGE = "x".repeat(300_000);

/** What a bad client does; each leaves something half done. */
const BAD_CLIENTS: Readonly<Record<string, (client: Connection) => Promise<void>>> = {
  "leaves within the head": (client) => client.send("GET / HTTP/1.1\r\nHos"),
  "leaves without a word": () => Promise.resolve(),
  "leaves within the body": (client) =>
    client.send(requestText({ method: "PUT", fields: [["Content-Length", "9"]], body: "1" })),
  "leaves within a chunk": (client) =>
    client.send(
      requestText({ method: "PUT", fields: [["Transfer-Encoding", "chunked"]], body: "ff\r\nabc" }),
    ),
  "does not wait for the answer": (client) => client.send(requestText({ target: "/slow" })),
  "leaves within the answer": async (client) => {
    await client.send(requestText({ target: "/large" }));
    await client.readUntil("xxx");
  },
  "pipelines and leaves": (client) => client.send(requestText({ target: "/large" }).repeat(5)),
  "talks nonsense": (client) => client.send("\0\x01\x02 nonsense\r\n\r\n"),
};

/** What a bad upstream does. */
const BAD_ANSWERS: Readonly<Record<string, (connection: Connection) => Promise<void>>> = {
  "/reset": async (connection) => connection.reset(),
  "/half-head": async (connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nCont");
    connection.close();
  },
  "/half-body": async (connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    connection.reset();
  },
  "/half-chunk": async (connection) => {
    await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf");
    connection.close();
  },
  "/surplus": (connection) => connection.send(`${reply(200, [], "ok")}HTTP/1.1 200 OK\r\n\r\n`),
};

async function handler({ target, body }: Request, connection: Connection): Promise<string | void> {
  if (target === "/slow") await sleep(50);
  if (target === "/large") return reply(200, [], LARGE);
  const bad = BAD_ANSWERS[target];
  return bad === undefined ? reply(200, [], `good ${body}`) : await bad(connection);
}

describe("chaos", () => {
  let site: Site;
  before(async () => void (site = await startSite({ handler })));
  after(() => stopSite(site));

  it("of bad clients and bad upstreams leaves good ones alone", async () => {
    let over = false;
    let served = 0;
    const good = Array.from({ length: 4 }, async () => {
      while (!over) {
        const body = String(served++);
        const response = await site.request({ method: "POST", body });
        assert.deepEqual([response.status, response.body], [200, `good ${body}`]);
      }
    });
    for (let round = 0; round < 10; round++) {
      await Promise.all([
        ...Object.values(BAD_CLIENTS).flatMap((act) => [misbehave(act, "reset"), misbehave(act, "close")]),
        ...Object.keys(BAD_ANSWERS).map((target) => site.request({ target }).catch(() => {})),
      ]);
    }
    over = true;
    await Promise.all(good);
    assert.ok(served > 40);
  });

  it("of clients that are gone before they are accepted does no harm", async () => {
    site.gateway.process.signal("SIGSTOP");
    try {
      for (let n = 0; n < 20; n++) {
        const client = await site.dial(); // the kernel answers for the gateway
        if (n % 2 === 0) await client.send(requestText({}));
        if (n % 4 < 2) client.reset();
        else client.close();
      }
    } finally {
      site.gateway.process.signal("SIGCONT");
    }
    assert.equal((await site.request()).status, 200);
    assert.deepEqual(site.gateway.process.stderr.filter((line) => /TypeError|ReferenceError/.test(line)), []);
  });

  it("leaves no connection and no request behind", async () => {
    await eventually(
      async () =>
        await site.gateway.metric("albatross_connections") === 0 &&
        await site.gateway.metric("albatross_requests_in_flight") === 0,
      () => "connections or requests are left",
    );
    const upstreams = await site.gateway.api("upstreams");
    for (const { endpoints } of upstreams.upstreams ?? upstreams) {
      for (const { active } of endpoints as Json[]) assert.equal(active, 0);
    }
  });

  async function misbehave(
    act: (client: Connection) => Promise<void>,
    leave: "reset" | "close",
  ): Promise<void> {
    const client = await site.dial();
    await act(client);
    await sleep(Math.random() * 20);
    client[leave]();
  }
});
