/** A Frontend goes away under traffic: its listener drains, and loses nothing that it has accepted or could have. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { readHead, readResponse, value } from "./harness/message.ts";
import { frontend, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it, withSite } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { type Connection, deadline, eventually, sleep } from "./harness/wire.ts";

/** Nobody is idle for so long here, however busy the machine. */
const DRAIN_IDLE_MS = 60_000;

describe("a removed listener", () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let host: string;
  let stays: number, goes: number;
  /** Resolves when what is below `/held` is answered. */
  let held = Promise.withResolvers<void>();

  before(async () => {
    upstream = await startUpstream({
      handler: async ({ target }) => {
        if (target.startsWith("/held")) await held.promise;
        return reply(200, [], `served ${target}`);
      },
    });
    [stays, goes] = await freePorts(2) as [number, number];
    gateway = await startGateway({
      config: {
        "base.yaml": [
          frontend({ name: "stays", port: stays, services: [{ name: "app" }] }),
          ...service({ name: "app", endpoints: [upstream.endpoint] }),
        ],
      },
      args: ["--limits", `drainIdleMs=${DRAIN_IDLE_MS}`],
    });
    ({ host } = gateway);
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  async function add(): Promise<void> {
    gateway.write("more.yaml", [
      frontend({ name: "goes", port: goes }),
      rule({ name: "all", frontend: "goes", dslx: underPath("/"), services: [{ name: "app" }] }),
    ]);
    await eventually(() => ask(goes).then((got) => got === "served /", () => false), () => "not added");
  }
  function removed(): Promise<true> {
    return refuses(host, goes);
  }
  /** Asks for something that is held back; resolves when the upstream has been asked. */
  async function hold(client: Connection, target: string): Promise<void> {
    held = Promise.withResolvers();
    await client.send(requestText({ target }));
    await eventually(
      () => upstream.requests.some((request) => request.target === target),
      () => `${target} does not arrive`,
    );
  }
  async function ask(port: number, target = "/"): Promise<string> {
    return (await request({ host, port, target })).body;
  }
  async function keepAlive(port: number): Promise<Connection> {
    const client = await dial({ host, port });
    await client.send(requestText({}));
    assert.equal((await readResponse(client)).body, "served /");
    return client;
  }

  it("refuses new connections, ends exchanges in flight, tells idle clients with their next answer", async () => {
    await add();
    const idle = await keepAlive(goes);
    const elsewhere = await keepAlive(stays);
    const slow = await keepAlive(goes);
    await hold(slow, "/held/slow");
    gateway.remove("more.yaml");
    await removed();
    const statuses = (await gateway.api("listeners")).listeners as Json[];
    assert.equal(statuses.find(({ port }) => port === goes)?.state, "draining");

    for (const [client, target] of [[idle, "/late"], [slow, "/held/slow"]] as const) {
      if (client === slow) held.resolve();
      else await client.send(requestText({ target }));
      const answer = await readResponse(client);
      assert.deepEqual([answer.body, value(answer, "connection")], [`served ${target}`, "close"]);
      await client.ended;
    }
    await elsewhere.send(requestText({}));
    assert.equal((await readResponse(elsewhere)).body, "served /", "other listeners are left alone");
    for (const connection of [idle, slow, elsewhere]) connection.close();
    await isForgotten(gateway, goes);
  });

  it("serves what has connected before the process could accept it", async () => {
    await add();
    gateway.process.signal("SIGSTOP");
    const waiting: Connection[] = [];
    try {
      for (let n = 0; n < 50; n++) {
        const client = await dial({ host, port: goes }); // the kernel answers for the gateway
        await client.send(requestText({ target: `/${n}` }));
        waiting.push(client);
      }
      gateway.remove("more.yaml");
    } finally {
      gateway.process.signal("SIGCONT");
    }
    const got = await Promise.all(waiting.map(async (client) => (await readResponse(client)).body));
    assert.deepEqual(got, got.map((_, n) => `served /${n}`));
    for (const client of waiting) client.close();
    await removed();
  });

  it("comes back while it still drains", async () => {
    await add();
    const old = await keepAlive(goes);
    await hold(old, "/held/on");
    for (let n = 0; n < 5; n++) {
      gateway.remove("more.yaml");
      await removed();
      await add();
    }
    held.resolve();
    // It belongs to the listener that went away: the next one is for the one that came.
    const response = await readResponse(old);
    assert.deepEqual([response.body, value(response, "connection")], ["served /held/on", "close"]);
    await old.ended;
    old.close();
    gateway.remove("more.yaml");
    await removed();
  });

  it("of a Frontend that another one replaces is never closed", async () => {
    await add();
    const client = await keepAlive(goes);
    gateway.write("more.yaml", [frontend({ name: "other", port: goes, services: [{ name: "app" }] })]);
    await eventually(
      async () => ((await gateway.api("listeners")).listeners as Json[]).some(({ name }) => name === "other"),
      () => "the other Frontend is not served",
    );
    await client.send(requestText({}));
    const response = await readResponse(client);
    assert.deepEqual([response.body, value(response, "connection")], ["served /", undefined]);
    client.close();
    gateway.remove("more.yaml");
    await removed();
  });
});

describe("a removed listener with little patience", () => {
  it("closes who asks for nothing; WebSockets and long downloads go on", async () => {
    await withSite({ handler: null, args: ["--limits", "drainIdleMs=1000"] }, async (site) => {
      const { gateway, host, port } = site;
      const idle = await site.dial();
      const socket = await site.dial();
      await socket.send(requestText({ fields: [["Connection", "Upgrade"], ["Upgrade", "echo"]] }));
      const echo = await site.upstream.nextConnection();
      await readHead(echo);
      await echo.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      await readHead(socket);
      const download = await site.dial();
      await download.send(requestText({}));
      const source = await site.upstream.nextConnection();
      await readHead(source);
      await source.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
      await readHead(download);
      await idle.send(requestText({ target: "/idle" }));
      const third = await site.upstream.nextConnection();
      await readHead(third);
      await third.send(reply(200, [], "idle"));
      assert.equal((await readResponse(idle)).body, "idle");

      gateway.write("main.yaml", service({ name: "app", endpoints: [site.upstream.endpoint] }));
      await refuses(host, port);
      await deadline(idle.ended, () => "a connection that asks for nothing stays open");
      const hits = await gateway.metric("albatross_limit_hits_total", { limit: "drainIdleMs" });
      assert.equal(hits, 1);
      await sleep(1000); // nothing more ends
      await socket.send("ping");
      assert.equal(Buffer.from(await echo.readExactly(4)).toString(), "ping");
      await echo.send("pong");
      assert.equal(Buffer.from(await socket.readExactly(4)).toString(), "pong");
      await source.send("final");
      assert.equal(Buffer.from(await download.readExactly(10)).toString(), "firstfinal");
      for (const connection of [idle, socket, echo, download, source, third]) connection.close();
      await isForgotten(gateway, port);
    });
  });
});

function refuses(host: string, port: number): Promise<true> {
  return eventually(
    () => dial({ host, port }).then((open) => void open.close(), () => true as const),
    () => "new connections are still accepted",
  );
}

function isForgotten(gateway: Gateway, port: number): Promise<true> {
  return eventually(
    async () => !((await gateway.api("listeners")).listeners as Json[]).some((each) => each.port === port),
    () => "the drained listener is still shown",
  );
}
