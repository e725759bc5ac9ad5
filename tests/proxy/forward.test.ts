/** From a request to its upstream and back: connections, attempts, bodies, early answers. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { answer, answersIn, request, type Site, startSite } from "./harness/site.ts";
import { ChunkedDecoder } from "../../src/http1/chunked.ts";
import type { Peer } from "./harness/network.ts";

const MIB = 1024 * 1024;

/** Ends the client and asserts that nothing is left. */
async function finish(site: Site, ...clients: Peer[]): Promise<void> {
  for (const client of clients) client.end();
  await site.settle();
  site.assertClean();
}

/** What the chunks in `text` carry. */
function payloadOf(text: string): string {
  let payload = "";
  const bytes = new TextEncoder().encode(text);
  new ChunkedDecoder({ maxHeadBytes: 1000, maxFields: 10 }).decode(bytes, 0, bytes.length, {
    onData: (input, start, end) => payload += new TextDecoder().decode(input.subarray(start, end)),
  });
  return payload;
}

describe("connections to an upstream", () => {
  it("are used again after an answer with a length, chunks, or no body", async () => {
    const answers = [
      answer("one"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n",
      "HTTP/1.1 204 No Content\r\n\r\n",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
      answer(""),
    ];
    const site = startSite();
    const client = site.client().send(request());
    const upstream = site.accept().send(answers[0]!);
    for (const text of answers) {
      client.send(request());
      assert.equal(site.network.dials.length, 0);
      upstream.send(text);
    }
    assert.equal(site.records.length, answers.length + 1);
    assert.equal(upstream.closed, false);
    await finish(site, client);
  });

  const NOT_AGAIN: readonly (readonly [name: string, answer: string])[] = [
    ["says close", answer("one", "Connection: close\r\n")],
    ["is HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\none"],
    ["has more bytes than its length", answer("one") + "x"],
    [
      "has bytes behind its last chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\nx",
    ],
    ["has a body where none may be", "HTTP/1.1 204 No Content\r\n\r\nx"],
    ["is two", answer("one") + answer("two")],
  ];
  for (const [name, text] of NOT_AGAIN) {
    it(`are closed after an answer that ${name}`, async () => {
      const site = startSite();
      const client = site.client().send(request());
      const upstream = site.accept().send(text);
      await site.settle();
      assert.equal(upstream.closed, true);
      assert.equal(site.pools()[0]!.idleCount, 0);
      assert.equal(client.read().match(/HTTP\/1\.1/g)?.length, 1);
      client.send(request("/2"));
      assert.match(site.accept().send(answer("mine")).read(), /^GET \/2 /);
      assert.deepEqual(answersIn(client.read()), [[200, "mine"]]);
      await finish(site, client);
    });
  }

  it("an answer that nobody asked for is nobody's", async () => {
    const site = startSite();
    const client = site.client().send(request());
    const upstream = site.accept().send(answer("one"));
    client.read();
    upstream.send(answer("poison"));
    assert.equal(upstream.closed, true);
    client.send(request("/2"));
    site.accept().send(answer("mine"));
    assert.deepEqual(answersIn(client.read()), [[200, "mine"]]);
    await finish(site, client);
  });

  it("are closed after an early answer to a request that was not sent whole", async () => {
    const site = startSite();
    const client = site.client().send(request("/1", "Content-Length: 10\r\n", "abc"));
    const upstream = site.accept().send(answer("early", "", "401 Unauthorized"));
    assert.equal(upstream.closed, true);
    assert.deepEqual(answersIn(client.read()), [[401, "early"]]);
    // The rest of the body is read over, and must reach nobody.
    client.send("defghij" + request("/2"));
    const second = site.accept();
    assert.match(second.read(), /^GET \/2 HTTP\/1\.1\r\n(?!.*defghij)/s);
    second.send(answer("two"));
    assert.deepEqual(answersIn(client.read()), [[200, "two"]]);
    await finish(site, client);
  });

  it("are closed after an early answer while the request waits for room", async () => {
    const site = startSite();
    const client = site.client().send(request("/1", "Content-Length: 100000\r\n", "x".repeat(100_000)));
    const upstream = site.network.dials[0]!;
    const peer = upstream.accept().limit(0);
    client.send("");
    peer.send(answer("early"));
    assert.equal(answersIn(client.read()).length, 1);
    await finish(site, client);
  });

  it("idle ones are closed after their time, and when the upstream closes them", async () => {
    const site = startSite({ limits: { upstreamIdleMs: 5000 } });
    const client = site.client().send(request());
    const first = site.accept().send(answer("one"));
    site.clock.advance(4900);
    assert.equal(first.closed, false);
    site.clock.advance(200);
    assert.equal(first.closed, true);
    client.send(request());
    const second = site.accept().send(answer("two"));
    second.end();
    await site.settle();
    assert.equal(second.closed, true);
    assert.equal(site.pools()[0]!.idleCount, 0);
    await finish(site, client);
  });

  it("a busy one is not closed by the idle time of the exchange before", async () => {
    const site = startSite({ limits: { upstreamIdleMs: 5000 }, timeouts: { readMs: 60_000 } });
    const client = site.client().send(request());
    const upstream = site.accept().send(answer("one"));
    site.clock.advance(4000);
    client.send(request());
    site.clock.advance(10_000);
    upstream.send(answer("two"));
    assert.equal(answersIn(client.read()).length, 2);
    site.clock.advance(4900);
    assert.equal(upstream.closed, false);
    await finish(site, client);
  });

  it("one is retired after as many requests as allowed", async () => {
    const site = startSite({ limits: { requestsPerUpstreamConnection: 2 } });
    const client = site.client().send(request());
    const upstream = site.accept().send(answer("one"));
    client.send(request());
    upstream.send(answer("two"));
    assert.equal(upstream.closed, true);
    await finish(site, client);
  });

  it("no more are kept than allowed", async () => {
    const site = startSite({ limits: { maxIdlePerEndpoint: 1 } });
    const clients = [site.client().send(request()), site.client().send(request())];
    const upstreams = [site.accept(), site.accept()].map((upstream) => upstream.send(answer("x")));
    assert.equal(site.pools()[0]!.idleCount, 1);
    assert.deepEqual(upstreams.map(({ closed }) => closed), [false, true]);
    await finish(site, ...clients);
  });
});

describe("answers", () => {
  it("that end with the connection end the client's chunks (HTTP/1.1) or connection (HTTP/1.0)", async () => {
    const site = startSite();
    const client = site.client().send(request());
    site.accept().send("HTTP/1.1 200 OK\r\n\r\n", "ab", "c").end();
    await site.settle();
    assert.match(client.read(), /Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n$/);
    const old = site.client().send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    site.accept().send("HTTP/1.1 200 OK\r\n\r\nabc").end();
    await site.settle();
    assert.match(old.read(), /\r\nConnection: close\r\n\r\nabc$/);
    assert.equal(old.ended, true);
    await finish(site, client, old);
  });

  it("that are cut are seen as cut, however they were framed", async () => {
    const heads = ["Content-Length: 10\r\n", "Transfer-Encoding: chunked\r\n"];
    for (const line of heads) {
      for (const how of ["end", "reset"] as const) {
        const site = startSite();
        const client = site.client().send(request());
        const upstream = site.accept().send(`HTTP/1.1 200 OK\r\n${line}\r\n`, "3\r\nabc\r\n");
        upstream[how]();
        await site.settle();
        assert.equal(client.closed, true);
        assert.doesNotMatch(client.received, /0\r\n\r\n$/);
        assert.deepEqual(site.records.map(({ errorCode }) => errorCode), ["UPSTREAM_RESET"]);
        site.assertClean();
      }
    }
  });

  it("that end with a reset where the end of the connection is the end of the body are cut", async () => {
    const site = startSite();
    const client = site.client().send(request());
    site.accept().send("HTTP/1.1 200 OK\r\n\r\nabc").reset();
    await site.settle();
    assert.equal(client.closed, true);
    assert.doesNotMatch(client.received, /0\r\n\r\n$/);
    site.assertClean();
  });

  it("that are malformed are a 502", async () => {
    for (const text of ["SSH-2.0\r\n", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n"]) {
      const site = startSite();
      const client = site.client().send(request());
      const upstream = site.accept().send(text);
      assert.deepEqual(answersIn(client.read()), [[502, "X-Error: 502\n"]]);
      assert.equal(upstream.closed, true);
      await finish(site, client);
    }
  });

  it("whose chunks are malformed are cut, and what came before is sent", async () => {
    const site = startSite();
    const client = site.client().send(request());
    site.accept().send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
    await site.settle();
    assert.equal(client.closed, true);
    assert.doesNotMatch(client.received, /0\r\n\r\n$/);
    assert.equal(site.records[0]!.errorCode, "UPSTREAM_PROTOCOL");
    site.assertClean();
  });

  it("to HEAD have no body, whatever length they announce", async () => {
    const site = startSite();
    const client = site.client().send(request("/", "", "", "HEAD"));
    const upstream = site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    assert.match(client.read(), /\r\nContent-Length: 10\r\n(.*\r\n)*\r\n$/);
    client.send(request("/2"));
    upstream.send(answer("two"));
    assert.deepEqual(answersIn(client.read()), [[200, "two"]]);
    await finish(site, client);
  });

  it("arrive in parts of any size", async () => {
    const text =
      "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for (let cut = 1; cut < text.length; cut++) {
      const site = startSite();
      const client = site.client().send(request());
      const upstream = site.accept().send(text.slice(0, cut), text.slice(cut));
      const payload = client.read().replace(/^HTTP\/1\.1 103 Early\r\nLink: a\r\n\r\n/, "");
      assert.match(payload, /^HTTP\/1\.1 200 OK\r\n/);
      assert.equal(payloadOf(payload.slice(payload.indexOf("\r\n\r\n") + 4)), "hello");
      assert.match(payload, /0\r\nA: b\r\n\r\n$/);
      assert.equal(upstream.closed, false);
      await finish(site, client);
    }
  });

  it("a slow client slows the upstream, and nothing is lost", async () => {
    const site = startSite();
    const client = site.client().limit(1000).send(request());
    const part = "x".repeat(64 * 1024);
    const upstream = site.accept().send(`HTTP/1.1 200 OK\r\nContent-Length: ${16 * part.length}\r\n\r\n`);
    for (let i = 0; i < 16; i++) {
      upstream.send(part);
      assert.ok(client.pending <= 2 * part.length, `${client.pending}`);
    }
    assert.equal(upstream.paused, true);
    for (let i = 0; i < 40; i++) {
      client.take(50_000);
      site.network.flush();
      assert.ok(client.pending <= 2 * part.length);
    }
    client.take(Infinity);
    await site.settle();
    assert.equal(answersIn(client.received)[0]![1].length, MIB);
    await finish(site, client);
  });

  it("a stream of 1xx answers is held back for a slow client too", async () => {
    const site = startSite({ limits: { maxResponseHeadBytes: 4 * MIB } });
    const client = site.client().limit(100).send(request());
    const upstream = site.accept();
    for (let i = 0; i < 2000; i++) upstream.send(`HTTP/1.1 103 Early\r\nLink: ${"x".repeat(1000)}\r\n\r\n`);
    assert.ok(client.pending < 100_000, `${client.pending} bytes wait`);
    client.take(Infinity);
    await site.settle();
    upstream.send(answer("at last"));
    await site.settle();
    assert.match(client.received, /at last$/);
    await finish(site, client);
  });
});

describe("request bodies", () => {
  it("a slow upstream slows the client, and nothing is lost", async () => {
    const site = startSite();
    const client = site.client().send(request("/", `Content-Length: ${MIB}\r\n`, "x"));
    const upstream = site.accept().limit(1000);
    const part = "x".repeat(64 * 1024);
    for (let sent = 1; sent < MIB; sent += part.length) {
      client.send(part.slice(0, Math.min(part.length, MIB - sent)));
    }
    assert.equal(client.paused, true);
    assert.ok(upstream.pending <= 3 * part.length, `${upstream.pending}`);
    for (let i = 0; i < 200; i++) {
      upstream.take(10_000);
      site.network.flush();
      assert.ok(upstream.pending <= 3 * part.length);
    }
    const sent = upstream.received;
    assert.equal(sent.length - sent.indexOf("\r\n\r\n") - 4, MIB);
    upstream.send(answer("ok"));
    assert.equal(answersIn(client.read()).length, 1);
    await finish(site, client);
  });

  it("wait for a connection within the replay limit, the rest with the client", async () => {
    const site = startSite({ limits: { maxReplayBytes: 1000 } });
    const client = site.client().send(request("/", "Content-Length: 5000\r\n", "a".repeat(600)));
    client.send("b".repeat(600), "c".repeat(3800));
    assert.equal(client.paused, true);
    const upstream = site.accept();
    await site.settle();
    assert.match(upstream.read(), /\r\n\r\na{600}b{600}c{3800}$/);
    upstream.send(answer("ok"));
    await finish(site, client);
  });

  it("chunks are chunks again, trailers trailers", async () => {
    const site = startSite();
    const client = site.client().send(request("/", "Transfer-Encoding: chunked\r\n", ""));
    const upstream = site.accept();
    assert.match(upstream.read(), /\r\nTransfer-Encoding: chunked\r\n\r\n$/);
    client.send("5;ext\r\nhe", "llo\r\n", "0\r\nA: b\r\nContent-Length: 3\r\n\r\n");
    assert.equal(upstream.read(), "2\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n");
    upstream.send(answer("ok"));
    assert.equal(answersIn(client.read()).length, 1);
    await finish(site, client);
  });

  it("that are malformed end the exchange with 400 and do not look whole to the upstream", async () => {
    const site = startSite();
    const client = site.client().send(request("/", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"));
    const upstream = site.accept();
    upstream.read();
    client.send("0x1\r\n");
    assert.deepEqual(answersIn(client.read()), [[400, "X-Error: 400\n"]]);
    assert.equal(upstream.closed, true);
    assert.doesNotMatch(upstream.received, /\r\n0\r\n/);
    await finish(site, client);
  });
});

describe("Expect: 100-continue (rulings: streaming)", () => {
  const expecting = request("/", "Content-Length: 3\r\nExpect: 100-continue\r\n", "", "PUT");

  it("is relayed, and so is the upstream's 100, once", async () => {
    const site = startSite();
    const client = site.client().send(expecting);
    const upstream = site.accept();
    assert.match(upstream.read(), /\r\nExpect: 100-continue\r\n/);
    upstream.send("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n");
    assert.equal(client.read(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    assert.equal(upstream.read(), "abc");
    upstream.send(answer("ok"));
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    assert.equal(upstream.closed, false);
    await finish(site, client);
  });

  it("is answered by the gateway after a second of silence, and the upstream's 100 is then dropped", async () => {
    const site = startSite();
    const client = site.client().send(expecting);
    const upstream = site.accept();
    site.clock.advance(900);
    assert.equal(client.read(), "");
    site.clock.advance(200);
    assert.equal(client.read(), "HTTP/1.1 100 Continue\r\n\r\n");
    upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    upstream.send(answer("ok"));
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    await finish(site, client);
  });

  it("a refusal ends both connections, for nobody knows whether the body comes", async () => {
    const site = startSite();
    const client = site.client().send(expecting);
    const upstream = site.accept().send(answer("no", "", "417 Expectation Failed"));
    assert.match(client.read(), /\r\nConnection: close\r\n/);
    assert.equal(client.ended, true);
    assert.equal(upstream.closed, true);
    client.send(request("/smuggled"));
    await finish(site, client);
    assert.equal(site.records.length, 1);
  });

  it("nothing is said to a client that did not ask, nor to HTTP/1.0", async () => {
    const site = startSite();
    const client = site.client().send(request("/", "Content-Length: 3\r\n", "abc"));
    site.accept().send("HTTP/1.1 100 Continue\r\n\r\n" + answer("ok"));
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    const old = site.client().send("GET / HTTP/1.0\r\n\r\n");
    site.network.dials[0]?.accept();
    await site.settle();
    old.reset();
    await finish(site, client);
  });

  it("the timer is given up with the client", async () => {
    const site = startSite();
    const client = site.client().send(expecting);
    site.accept();
    client.reset();
    await site.settle();
    site.assertClean();
  });
});

describe("attempts", () => {
  it("a refused connection goes to the next endpoint, each once", async () => {
    const site = startSite({ endpoints: [1, 2, 3] });
    const client = site.client().send(request());
    const ports = new Set<number>();
    for (let i = 0; i < 3; i++) {
      const dial = site.network.dial();
      ports.add(dial.port);
      dial.refuse();
    }
    assert.deepEqual([...ports].sort(), [1, 2, 3]);
    assert.deepEqual(answersIn(client.read()), [[502, "X-Error: 502\n"]]);
    assert.equal(site.records[0]!.errorCode, "CONNECT_REFUSED");
    assert.equal(site.records[0]!.attempts.length, 3);
    await finish(site, client);
  });

  it("a dial that takes too long is cancelled", async () => {
    const site = startSite({ endpoints: [1, 2] });
    const client = site.client().send(request());
    const first = site.network.dials[0]!;
    site.clock.advance(5100);
    assert.equal(first.cancelled, true);
    site.accept().send(answer("ok"));
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    await finish(site, client);
  });

  it("a reused connection that dies before a byte is replaced by a fresh one to the same endpoint", async () => {
    const site = startSite();
    const client = site.client().send(request());
    const first = site.accept().send(answer("one"));
    client.send(request("/2"));
    first.reset();
    assert.match(site.accept().send(answer("two")).read(), /^GET \/2 /);
    assert.deepEqual(answersIn(client.read()).map(([status]) => status), [200, 200]);
    await finish(site, client);
  });

  it("a POST on a reused connection that dies is not repeated", async () => {
    const site = startSite();
    const client = site.client().send(request());
    const first = site.accept().send(answer("one"));
    client.send(request("/2", "Content-Length: 1\r\n", "x"));
    first.end();
    await site.settle();
    assert.deepEqual(answersIn(client.read()).map(([status]) => status), [200, 502]);
    await finish(site, client);
  });

  it("a PUT whose body is kept is repeated whole, also when half of it was still to come", async () => {
    const site = startSite({ endpoints: [1, 2] });
    const client = site.client().send(request("/", "Content-Length: 6\r\n", "abc", "PUT"));
    const first = site.accept();
    assert.match(first.read(), /abc$/);
    first.reset();
    const second = site.accept();
    assert.match(second.read(), /\r\n\r\nabc$/);
    client.send("def");
    assert.equal(second.read(), "def");
    second.send(answer("ok"));
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    await finish(site, client);
  });

  it("a body beyond the replay limit is not sent twice", async () => {
    const site = startSite({ endpoints: [1, 2], limits: { maxReplayBytes: 10 } });
    const client = site.client().send(request("/", "Content-Length: 20\r\n", "", "PUT"));
    const first = site.accept();
    client.send("x".repeat(15));
    first.reset();
    assert.equal(site.network.dials.length, 0);
    assert.equal(answersIn(client.read())[0]![0], 502);
    client.send("x".repeat(5));
    await finish(site, client);
  });

  it("a body that waited for a slow first endpoint flows on to the second", async () => {
    const site = startSite({
      endpoints: [1, 2],
      timeouts: { sendMs: 3000 },
      limits: { maxReplayBytes: 200_000 },
    });
    const client = site.client().send(request("/", "Content-Length: 150000\r\n", "x".repeat(100_000), "PUT"));
    const first = site.accept().limit(1000);
    client.send("y".repeat(30_000));
    site.clock.advance(3200);
    assert.equal(first.closed, true);
    const second = site.accept();
    await site.settle();
    client.send("z".repeat(20_000));
    await site.settle();
    assert.match(second.received, /\r\n\r\nx{100000}y{30000}z{20000}$/);
    second.send(answer("ok"));
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    await finish(site, client);
  });

  it("nothing is repeated once the answer has begun", async () => {
    const site = startSite({ endpoints: [1, 2] });
    const client = site.client().send(request());
    site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab").reset();
    await site.settle();
    assert.equal(site.network.dials.length, 0);
    assert.equal(client.closed, true);
    site.assertClean();
  });

  it("an endpoint that takes a request slowly, but takes it, is not given up", async () => {
    const site = startSite({ timeouts: { sendMs: 3000 } });
    const client = site.client().send(request("/", "Content-Length: 100000\r\n", "x".repeat(100_000)));
    const upstream = site.network.dials[0]!.accept();
    const slow = site.client().send(request("/", "Content-Length: 100000\r\n", "", "PUT"));
    const taker = site.accept().limit(100);
    slow.send("x".repeat(50_000), "x".repeat(50_000));
    for (let i = 0; i < 10; i++) {
      site.clock.advance(2000);
      taker.take(1000);
    }
    assert.equal(taker.closed, false);
    site.clock.advance(6200);
    assert.equal(taker.closed, true);
    upstream.send(answer("ok"));
    await site.settle();
    assert.equal(answersIn(slow.read())[0]![0], 504);
    await finish(site, client, slow);
  });

  it("an endpoint that is silent for the read time is given up", async () => {
    const site = startSite({ endpoints: [1, 2], timeouts: { readMs: 3000 } });
    const client = site.client().send(request());
    const first = site.accept();
    site.clock.advance(3100);
    assert.equal(first.closed, true);
    site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    site.clock.advance(3100);
    await site.settle();
    assert.equal(client.closed, true);
    assert.equal(site.records[0]!.errorCode, "READ_TIMEOUT");
    site.assertClean();
  });

  it("an endpoint is not silent while it is held back for a slow client", async () => {
    const site = startSite({ timeouts: { readMs: 3000 } });
    const client = site.client().limit(100).send(request());
    const upstream = site.accept().send(
      "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
      "x".repeat(1000),
      "y".repeat(1000),
    );
    site.clock.advance(20_000);
    assert.equal(upstream.closed, false);
    client.take(Infinity);
    await site.settle();
    assert.equal(answersIn(client.read())[0]![1].length, 2000);
    await finish(site, client);
  });

  it("an endpoint is not silent while the client has not sent its body", async () => {
    const site = startSite({ timeouts: { readMs: 3000, sendMs: 2000 } });
    const client = site.client().send(request("/", "Content-Length: 2\r\n", "a"));
    const upstream = site.accept();
    site.clock.advance(20_000);
    assert.equal(upstream.closed, false);
    client.send("b");
    site.clock.advance(2900);
    assert.equal(upstream.closed, false);
    site.clock.advance(200);
    assert.equal(upstream.closed, true);
    assert.equal(answersIn(client.read())[0]![0], 504);
    await finish(site, client);
  });
});

describe("upgrades", () => {
  const upgrade = request("/", "Connection: Upgrade\r\nUpgrade: chat\r\n");
  const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n";

  it("carry bytes both ways, those that came early too", async () => {
    const site = startSite();
    const client = site.client().send(upgrade + "early-c");
    const upstream = site.accept();
    assert.match(upstream.read(), /\r\nConnection: upgrade\r\nUpgrade: chat\r\n/i);
    upstream.send(switching + "early-u");
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 101 [\s\S]*\r\n\r\nearly-u$/);
    assert.equal(upstream.read(), "early-c");
    client.send("c1");
    upstream.send("u1");
    assert.deepEqual([upstream.read(), client.read()], ["c1", "u1"]);
    client.end();
    assert.equal(upstream.ended, true);
    upstream.send("u2");
    assert.equal(client.read(), "u2");
    upstream.end();
    await site.settle();
    assert.deepEqual([client.closed, upstream.closed], [true, true]);
    assert.equal(site.records.length, 1);
    assert.equal(site.records[0]!.status, 101);
    site.assertClean();
  });

  it("hold back the side whose peer is slow", async () => {
    const site = startSite();
    const client = site.client().send(upgrade);
    const upstream = site.accept().send(switching);
    client.limit(10);
    for (let i = 0; i < 100; i++) upstream.send("x".repeat(1000));
    assert.ok(client.pending <= 1000);
    client.take(Infinity);
    await site.settle();
    assert.match(client.received, /x{100000}$/);
    client.end();
    upstream.end();
    await site.settle();
    site.assertClean();
  });

  it("end with either side", async () => {
    for (const who of ["client", "upstream"] as const) {
      const site = startSite();
      const client = site.client().send(upgrade);
      const upstream = site.accept().send(switching);
      ({ client, upstream })[who].reset();
      await site.settle();
      assert.deepEqual([client.closed, upstream.closed], [true, true]);
      site.assertClean();
    }
  });

  it("end after the read time of silence, even when a side takes nothing", async () => {
    const site = startSite({ timeouts: { readMs: 5000 } });
    const client = site.client().send(upgrade);
    const upstream = site.accept().send(switching);
    site.clock.advance(4000);
    client.send("x");
    site.clock.advance(4000);
    assert.equal(client.closed, false);
    client.limit(0);
    upstream.send("y".repeat(100));
    site.clock.advance(10_100);
    await site.settle();
    assert.deepEqual([client.closed, upstream.closed], [true, true]);
    site.assertClean();
  });

  it("end when one side is gone and the other takes nothing", async () => {
    const site = startSite({ timeouts: { readMs: 5000 } });
    const client = site.client().send(upgrade);
    const upstream = site.accept().send(switching);
    client.limit(0);
    upstream.send("y".repeat(100)).end();
    client.end();
    await site.settle();
    site.clock.advance(10_100);
    await site.settle();
    assert.deepEqual([client.closed, upstream.closed], [true, true]);
    site.assertClean();
  });

  it("a client that had ended before the switch is ended towards the upstream too", async () => {
    const site = startSite();
    const client = site.client().send(upgrade).end();
    const upstream = site.accept().send(switching + "bye");
    assert.equal(upstream.ended, true);
    assert.match(client.read(), /bye$/);
    upstream.end();
    await site.settle();
    assert.deepEqual([client.closed, upstream.closed], [true, true]);
    site.assertClean();
  });

  it("destroying the listener ends them at once", async () => {
    const site = startSite();
    const client = site.client().send(upgrade);
    const upstream = site.accept().send(switching);
    client.limit(0);
    upstream.send("y".repeat(100));
    site.listener.destroy();
    await site.settle();
    assert.deepEqual([client.closed, upstream.closed], [true, true]);
    site.assertClean();
  });

  it("that nobody asked for are a 502", async () => {
    const site = startSite();
    const client = site.client().send(request());
    const upstream = site.accept().send(switching + "poison");
    assert.deepEqual(answersIn(client.read()), [[502, "X-Error: 502\n"]]);
    assert.equal(upstream.closed, true);
    await finish(site, client);
  });

  it("that are refused leave two connections for HTTP", async () => {
    const site = startSite();
    const client = site.client().send(upgrade);
    const upstream = site.accept().send(answer("no", "", "426 Upgrade Required"));
    client.send(request("/2"));
    upstream.send(answer("two"));
    assert.deepEqual(answersIn(client.read()), [[426, "no"], [200, "two"]]);
    await finish(site, client);
  });
});
