/** The harness itself, client against upstream with no gateway between: what fails elsewhere is then the gateway's. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { LOOPBACK } from "./harness/addresses.ts";
import { dial, request } from "./harness/client.ts";
import { sumOfSeries } from "./harness/gateway.ts";
import { readResponse, value, values } from "./harness/message.ts";
import { createNamespace, NO_NAMESPACE } from "./harness/namespace.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";

describe("harness", () => {
  let upstream: Upstream;
  before(async () => void (upstream = await startUpstream()));
  after(() => upstream.close());
  const target = () => ({ host: upstream.address, port: upstream.port });

  it("shows requests and responses with order, case and duplicates of fields", async () => {
    upstream.handler = () => reply(200, [["X-B", "1"], ["x-a", "2"], ["X-B", "3"]], "hello");
    const response = await request({
      ...target(),
      target: "/p?q",
      fields: [["HOST", "h"], ["X-One", " 1 "]],
    });
    assert.deepEqual(response.fields, [["X-B", "1"], ["x-a", "2"], ["X-B", "3"], ["Content-Length", "5"]]);
    assert.deepEqual([response.status, response.body], [200, "hello"]);
    assert.deepEqual(values(response, "x-b"), ["1", "3"]);
    assert.throws(() => value(response, "x-b"), /occurs 2 times/);
    const seen = upstream.requests.at(-1)!;
    assert.equal(seen.startLine, "GET /p?q HTTP/1.1");
    assert.deepEqual(seen.fields, [["HOST", "h"], ["X-One", "1"]]);
  });

  it("binds the source address", async () => {
    upstream.handler = (_, connection) => reply(200, [], connection.socket.remoteAddress);
    const response = await request({ ...target(), from: "127.1.2.3" });
    assert.equal(response.body, "127.1.2.3");
  });

  it("reads chunks, trailers, interim responses and pipelined answers", async () => {
    upstream.handler = () =>
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nSum: 5\r\n\r\n";
    const client = await dial(target());
    await client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    const response = await readResponse(client);
    assert.deepEqual(response.interim.map((head) => head.startLine), ["HTTP/1.1 103 Early Hints"]);
    assert.deepEqual(response.chunks, [3, 2]);
    assert.equal(response.body, "abcde");
    assert.deepEqual(response.trailers, [["Sum", "5"]]);
    assert.equal((await readResponse(client, "HEAD")).body, "");
    client.close();
  });

  it("sees half-closing, resets and silence", async () => {
    upstream.handler = null;
    const [client, server] = await connectPair();
    await client.send("bye");
    client.halfClose();
    assert.equal(Buffer.from(await server.readToEnd()).toString(), "bye");
    await client.staysSilent(50);
    await server.send("late");
    assert.equal(Buffer.from(await client.readSome()).toString(), "late");
    await assert.rejects(async () => {
      await server.send("!");
      await client.staysSilent(500);
    }, /expected silence/);
    server.reset();
    assert.equal(await client.closed, "ECONNRESET");
  });

  async function connectPair() {
    const pending = upstream.nextConnection();
    const client = await dial(target());
    return [client, await pending] as const;
  }

  it("adds up series of a metric", () => {
    const text = '# HELP a b\na{x="1",y="2"} 3\na{x="1"} 4\na{x="2"} 5\nb 6\n';
    assert.equal(sumOfSeries(text, "a", { x: "1" }), 7);
    assert.equal(sumOfSeries(text, "a", {}), 12);
    assert.equal(sumOfSeries(text, "b", {}), 6);
    assert.equal(sumOfSeries(text, "c", {}), 0);
  });

  it("reaches into a network namespace and out of it", { skip: NO_NAMESPACE }, async () => {
    const namespace = await createNamespace(["10.0.0.1", "114.114.114.114", "2001:db8::1"]);
    try {
      const inside = await namespace.startUpstream({ address: "10.0.0.1", port: 80 });
      const v6 = await namespace.startUpstream({ address: "2001:db8::1", port: 80 });
      const { dial } = namespace;
      const response = await request({ dial, host: "10.0.0.1", port: 80, from: "114.114.114.114" });
      assert.equal(response.body, "ok");
      assert.equal((await request({ dial, host: "2001:db8::1", port: 80 })).body, "ok");
      await assert.rejects(request({ dial, host: "10.0.0.1", port: 81 }), /ECONNREFUSED/);
      await Promise.all([inside.close(), v6.close()]);
    } finally {
      await namespace.close();
    }
  });

  it("keeps every process on a loopback address of its own", () => {
    assert.match(LOOPBACK, /^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$/);
  });
});
