/** A Frontend goes away under traffic: its listener drains, and loses nothing that it has accepted or could have. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { readHead, readResponse, value } from "./harness/message.ts";
import { frontend, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { type Connection, deadline, eventually, sleep } from "./harness/wire.ts";

/** Longer than a busy machine needs from the removal to the next request. */
const DRAIN_IDLE_MS = 4000;

describe("a removed listener", () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let host: string;
  let stays: number, goes: number;
  /** Resolves when `/held` is answered. */
  const held = Promise.withResolvers<void>();

  before(async () => {
    upstream = await startUpstream({
      handler: async ({ target }) => {
        if (target === "/slow") await sleep(1000);
        if (target === "/held") await held.promise;
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
  async function removed(): Promise<void> {
    await eventually(
      () => dial({ host, port: goes }).then((open) => void open.close(), () => true),
      () => "new connections are still accepted",
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
    const neverAsks = await keepAlive(goes);
    const elsewhere = await keepAlive(stays);
    const slow = ask(goes, "/slow");
    await sleep(100);
    gateway.remove("more.yaml");
    await removed();
    const statuses = (await gateway.api("listeners")).listeners as Json[];
    assert.equal(statuses.find(({ port }) => port === goes)?.state, "draining");

    await idle.send(requestText({ target: "/late" }));
    const late = await readResponse(idle);
    assert.deepEqual([late.body, value(late, "connection")], ["served /late", "close"]);
    await idle.ended;
    assert.equal(await slow, "served /slow");

    const before = performance.now();
    await deadline(neverAsks.ended, () => "a connection that asks for nothing stays open");
    assert.ok(performance.now() - before < DRAIN_IDLE_MS + 10_000);
    await elsewhere.send(requestText({}));
    assert.equal((await readResponse(elsewhere)).body, "served /", "other listeners are left alone");
    for (const connection of [idle, neverAsks, elsewhere]) connection.close();
    await eventually(
      async () => !((await gateway.api("listeners")).listeners as Json[]).some(({ port }) => port === goes),
      () => "the drained listener is still shown",
    );
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

  it("lets WebSockets and long downloads go on", async () => {
    await add();
    upstream.handler = null;
    for (const connection of upstream.connections) connection.close();
    await sleep(50);
    const socket = await dial({ host, port: goes });
    await socket.send(requestText({ fields: [["Connection", "Upgrade"], ["Upgrade", "echo"]] }));
    const echo = await upstream.nextConnection();
    await readHead(echo);
    await echo.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await readHead(socket);
    const download = await dial({ host, port: goes });
    await download.send(requestText({}));
    const source = await upstream.nextConnection();
    await readHead(source);
    await source.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    await readHead(download);

    gateway.remove("more.yaml");
    await removed();
    await sleep(DRAIN_IDLE_MS + 500);
    await socket.send("ping");
    assert.equal(Buffer.from(await echo.readExactly(4)).toString(), "ping");
    await echo.send("pong");
    assert.equal(Buffer.from(await socket.readExactly(4)).toString(), "pong");
    await source.send("final");
    assert.equal(Buffer.from(await download.readExactly(10)).toString(), "firstfinal");
    for (const connection of [socket, echo, download, source]) connection.close();
    upstream.handler = ({ target }) => reply(200, [], `served ${target}`);
  });

  it("comes back while it still drains", async () => {
    await add();
    const old = await keepAlive(goes);
    await old.send(requestText({ target: "/held" }));
    await eventually(
      () => upstream.requests.some(({ target }) => target === "/held"),
      () => "the request does not arrive",
    );
    for (let n = 0; n < 5; n++) {
      gateway.remove("more.yaml");
      await removed();
      await add();
    }
    held.resolve();
    const response = await readResponse(old);
    assert.deepEqual([response.body, value(response, "connection")], ["served /held", undefined]);
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
