/** Calls of the gateway's own, on the runtime that runs this file, against raw servers. */
import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";
import type { HttpCall } from "../../src/lib/http-call.ts";
import { createHttpCaller } from "../../src/runtimes/node-http.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const servers: Server[] = [];
const sockets: Socket[] = [];
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

/** Bytes to answer a request head with; nothing = silence. `count` is the number of the request on its connection. */
type Answer = (head: string, count: number, socket: Socket) => string | undefined;

interface Peer {
  readonly port: number;
  readonly heads: string[];
  connections: number;
}

async function serve(answer: Answer, secure = false): Promise<Peer> {
  const peer = { port: 0, heads: [] as string[], connections: 0 };
  const accept = (socket: Socket) => {
    peer.connections++;
    sockets.push(socket);
    let count = 0;
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let end; (end = text.indexOf("\r\n\r\n")) >= 0;) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        peer.heads.push(head);
        const reply = answer(head, ++count, socket);
        if (reply !== undefined) socket.write(reply, "latin1");
      }
    });
  };
  const server = secure
    ? createTlsServer({ key: fixture("server.key"), cert: fixture("server.pem") }, accept)
    : createServer(accept);
  server.on("tlsClientError", () => {});
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  peer.port = (server.address() as AddressInfo).port;
  return peer;
}

function callTo(url: string, more: Partial<HttpCall> = {}): HttpCall {
  return {
    method: "GET",
    url: new URL(url),
    headers: [["Host", "x.test"]],
    connectMs: 5000,
    readMs: 5000,
    tls: { verify: true, ca: null },
    refuses: () => false,
    ...more,
  };
}

const plain = ({ port }: Peer, path = "/") => `http://127.0.0.1:${port}${path}`;

/** An answer is given when its head is there; its connection is free a moment later. */
function bodyRead(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

describe("a call", () => {
  it("sends what it is given, byte by byte, and no body", async () => {
    const peer = await serve(() => OK);
    const headers: HttpCall["headers"] = [["Host", "auth.test"], ["X-A", "1"], ["x_b", "\xe9"], ["X-A", "2"]];
    await createHttpCaller()(callTo(plain(peer, "/a%20b?c=%C3%A9"), { headers }));
    assert.deepEqual(peer.heads[0]?.split("\r\n"), [
      "GET /a%20b?c=%C3%A9 HTTP/1.1",
      "Host: auth.test",
      "X-A: 1",
      "x_b: \xe9",
      "X-A: 2",
      "Connection: keep-alive",
    ]);
    await createHttpCaller()(callTo(plain(peer), { method: "POST" }));
    assert.match(peer.heads[1] ?? "", /^POST [^]*\r\nContent-Length: 0\r\n/);
  });

  it("gives the head as it came: redirects not followed, nothing decoded, 1xx passed over", async () => {
    const body = gzipSync("hello").toString("latin1");
    const peer = await serve(() =>
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
      `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Encoding: gzip\r\nSet-Cookie: a=1\r\n` +
      `Set-Cookie: b=2\r\nX-Utf: \xc3\xa9\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    );
    const call = createHttpCaller();
    const answer = await call(callTo(plain(peer)));
    assert.equal(answer.status, 302);
    assert.deepEqual(answer.headers, [
      ["location", "http://127.0.0.1:1/"],
      ["content-encoding", "gzip"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x-utf", "\xc3\xa9"],
      ["content-length", String(body.length)],
    ]);
    await bodyRead();
    await call(callTo(plain(peer)));
    assert.equal(peer.connections, 1);
  });

  it("uses a connection again, and repeats what a dying one swallowed", async () => {
    const peer = await serve((_, count, socket) => count === 1 ? OK : void socket.destroy());
    const call = createHttpCaller();
    for (let i = 0; i < 3; i++) {
      assert.equal((await call(callTo(plain(peer)))).status, 200);
      await bodyRead();
    }
    assert.equal(peer.connections, 3);
    assert.equal(peer.heads.length, 5);
  });

  it("does not keep a connection for the sake of an endless body", async () => {
    const peer = await serve(() =>
      `HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n${"x".repeat(100_000)}`
    );
    const call = createHttpCaller();
    await call(callTo(plain(peer)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await call(callTo(plain(peer)));
    assert.equal(peer.connections, 2);
  });

  it("fails when the answer takes too long, on new and on kept connections, and asks once", async () => {
    const peer = await serve((head) => head.includes("/slow") ? undefined : OK);
    const call = createHttpCaller();
    for (let i = 0; i < 2; i++) {
      await call(callTo(plain(peer)));
      await bodyRead();
      await assert.rejects(call(callTo(plain(peer, "/slow"), { readMs: 100 })), /the answer took too long/);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(peer.heads.filter((head) => head.includes("/slow")).length, 2);
  });

  const broken: readonly [what: string, answer: Answer][] = [
    ["no HTTP", () => "garbage\r\n\r\n"],
    ["a closed connection", (_, __, socket) => void socket.destroy()],
    [
      "a protocol switch",
      () => "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
  ];
  for (const [what, answer] of broken) {
    it(`fails at ${what}`, async () => {
      const peer = await serve(answer);
      await assert.rejects(createHttpCaller()(callTo(plain(peer))));
    });
  }

  it("fails where nobody listens or no name leads", async () => {
    const call = createHttpCaller();
    await assert.rejects(call(callTo("http://127.0.0.1:1/")), /ECONNREFUSED/);
    await assert.rejects(call(callTo("http://no-such-host.invalid/")));
  });

  it("is given up with its signal", async () => {
    const peer = await serve(() => undefined);
    const abort = new AbortController();
    const pending = createHttpCaller()(callTo(plain(peer), { signal: abort.signal }));
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(pending, /given up/);
    await assert.rejects(createHttpCaller()(callTo(plain(peer), { signal: abort.signal })), /given up/);
  });

  it("security: never goes to an address that is refused, by number or by name", async () => {
    const peer = await serve(() => OK);
    const refuses = (address: string) => address === "127.0.0.1" || address === "::1";
    const call = createHttpCaller();
    await assert.rejects(call(callTo(plain(peer), { refuses })), /may not be called/);
    await assert.rejects(call(callTo(`http://localhost:${peer.port}/`, { refuses })), /may not be called/);
    // 127.0.0.1 in other words.
    await assert.rejects(call(callTo(`http://2130706433:${peer.port}/`, { refuses })), /may not be called/);
    assert.equal(peer.connections, 0);
  });
});

describe("a call over TLS", () => {
  const ca = fixture("authority.pem");
  const secure = ({ port }: Peer, host = "localhost") => `https://${host}:${port}/`;

  it("believes the authorities that it is given", async () => {
    const peer = await serve(() => OK, true);
    const call = createHttpCaller();
    const request = callTo(secure(peer), { tls: { verify: true, ca } });
    assert.equal((await call(request)).status, 200);
    await bodyRead();
    assert.equal((await call(request)).status, 200);
    assert.equal(peer.connections, 1);
  });

  it("security: believes nobody else, and no certificate of another name, whatever the Host", async () => {
    const peer = await serve(() => OK, true);
    const call = createHttpCaller();
    await assert.rejects(call(callTo(secure(peer))));
    const tls = { verify: true, ca };
    await assert.rejects(call(callTo(secure(peer, "127.0.0.1"), { tls, headers: [["Host", "localhost"]] })));
    assert.deepEqual(peer.heads, []);
  });

  it("believes everybody where it is told to, without lending that connection to others", async () => {
    const peer = await serve(() => OK, true);
    const call = createHttpCaller();
    const insecure = callTo(secure(peer, "127.0.0.1"), { tls: { verify: false, ca: null } });
    assert.equal((await call(insecure)).status, 200);
    await assert.rejects(call(callTo(secure(peer, "127.0.0.1"))));
  });
});
