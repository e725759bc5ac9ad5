/** Upgrade: after a 101 the gateway is a pipe (RFC 9110 section 7.8); WebSocket with real peers on both ends. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import { readHead, readResponse, value } from "./harness/message.ts";
import { rule, service, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { startWebSocketServer, type WebSocketServer } from "./harness/websocket-server.ts";
import { deadline, latin1 } from "./harness/wire.ts";

const SWITCHING =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\nX-Proof: 1\r\n\r\n";

describe("upgrade", () => {
  let site: Site;
  let sockets: WebSocketServer;
  before(async () => {
    sockets = startWebSocketServer();
    site = await startSite({
      handler: null,
      objects: [
        rule({
          name: "ws",
          frontend: "web",
          priority: 1,
          dslx: underPath("/ws"),
          services: [{ name: "ws" }],
        }),
        ...service({ name: "ws", endpoints: [sockets.endpoint] }),
      ],
    });
  });
  after(async () => {
    await stopSite(site);
    await sockets?.close();
  });

  /** A client whose upgrade the upstream has seen but not answered. */
  async function ask(trailing = "") {
    const client = await site.dial();
    await client.send(
      requestText({ fields: [["Connection", "keep-alive, Upgrade"], ["Upgrade", "chat"]] }) + trailing,
    );
    const upstream = await site.upstream.nextConnection();
    return { client, upstream, head: await readHead(upstream) };
  }

  it("passes the upgrade and then every byte both ways", async () => {
    const { client, upstream, head } = await ask();
    assert.equal(value(head, "upgrade"), "chat");
    assert.equal(value(head, "connection")?.toLowerCase(), "upgrade");
    await upstream.send(`${SWITCHING}early from upstream`);
    const answer = await readResponse(client);
    assert.equal(answer.status, 101);
    assert.equal(value(answer, "upgrade"), "chat");
    assert.equal(value(answer, "connection")?.toLowerCase(), "upgrade");
    assert.equal(value(answer, "x-proof"), "1");
    assert.equal(latin1(await client.readExactly(19)), "early from upstream");
    await client.send("\0\xff\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    assert.equal(latin1(await upstream.readExactly(24)), "\0\xff\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    await upstream.send("and back");
    assert.equal(latin1(await client.readExactly(8)), "and back");
    client.close();
    await upstream.ended;
    upstream.close();
  });

  it("keeps bytes that the client sends behind its request until the upgrade", async () => {
    const { client, upstream } = await ask("impatient");
    await upstream.send(SWITCHING);
    assert.equal((await readResponse(client)).status, 101);
    assert.equal(latin1(await upstream.readExactly(9)), "impatient");
    client.close();
    upstream.close();
  });

  it("passes half-closing through the tunnel", async () => {
    const { client, upstream } = await ask();
    await upstream.send(SWITCHING);
    await readResponse(client);
    client.halfClose();
    assert.equal(latin1(await upstream.readToEnd()), "");
    await upstream.send("last words");
    assert.equal(latin1(await client.readExactly(10)), "last words");
    upstream.halfClose();
    await client.ended;
    client.close();
    upstream.close();
  });

  it("ends the client's side when the upstream resets", async () => {
    const { client, upstream } = await ask();
    await upstream.send(SWITCHING);
    await readResponse(client);
    upstream.reset();
    await client.ended;
    client.close();
  });

  it("relays a refusal as an ordinary response and stays usable", async () => {
    const { client, upstream } = await ask();
    await upstream.send(reply(426, [["Upgrade", "other"]], "no"));
    const answer = await readResponse(client);
    assert.deepEqual([answer.status, answer.body], [426, "no"]);
    await client.send(requestText({}));
    assert.match((await readHead(upstream)).startLine, /^GET \/ /);
    await upstream.send(reply(200, [], "ordinary"));
    assert.equal((await readResponse(client)).body, "ordinary");
    client.close();
    upstream.close();
  });

  it("does not upgrade what nobody asked to upgrade", async () => {
    const client = await site.dial();
    await client.send(requestText({}));
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    await upstream.send(SWITCHING);
    assert.equal((await readResponse(client)).status, 502);
    client.close();
    upstream.close();
  });

  it("carries WebSocket text, large binary messages and close codes", async () => {
    const socket = new WebSocket(`ws://${site.host}:${site.port}/ws`);
    socket.binaryType = "arraybuffer";
    const next = () =>
      deadline(
        new Promise<MessageEvent>((resolve, reject) => {
          socket.onmessage = resolve;
          socket.onerror = () => reject(new Error("WebSocket error"));
        }),
        () => "a WebSocket message",
      );
    await deadline(new Promise((resolve) => socket.onopen = resolve), () => "the WebSocket to open");
    for (let n = 0; n < 50; n++) {
      const answer = next();
      socket.send(`message ${n}`);
      assert.equal((await answer).data, `message ${n}`);
    }
    const large = new Uint8Array(1024 * 1024).map((_, index) => index * 31);
    const answer = next();
    socket.send(large);
    assert.deepEqual(new Uint8Array((await answer).data as ArrayBuffer), large);
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    socket.send("close");
    const { code, reason } = await deadline(closed, () => "the WebSocket to close");
    assert.deepEqual([code, reason], [4001, "asked"]);
  });
});
