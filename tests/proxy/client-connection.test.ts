/** One client connection of the gateway, event by event. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { answer, answersIn, request, startSite } from "./harness/site.ts";

const MIB = 1024 * 1024;

describe("a client connection", () => {
  it("carries an exchange and then the next on the same two sockets", () => {
    const site = startSite();
    const client = site.client().send(request("/1"));
    const upstream = site.accept();
    assert.match(upstream.read(), /^GET \/1 HTTP\/1\.1\r\n/);
    upstream.send(answer("one"));
    assert.deepEqual(answersIn(client.read()), [[200, "one"]]);
    client.send(request("/2"));
    assert.match(upstream.read(), /^GET \/2 HTTP\/1\.1\r\n/);
    upstream.send(answer("two"));
    assert.deepEqual(answersIn(client.read()), [[200, "two"]]);
    assert.deepEqual(site.records.map(({ status, target }) => [status, target]), [[200, "/1"], [200, "/2"]]);
    client.end();
    site.assertClean();
  });

  it("takes a request that arrives byte by byte, and empty lines before it (RFC 9112 2.2)", () => {
    const site = startSite();
    const client = site.client().send(...("\r\n\r\n" + request("/", "Content-Length: 3\r\n", "abc")));
    const upstream = site.accept();
    assert.match(upstream.read(), /\r\n\r\nabc$/);
    upstream.send(...answer("hello"));
    assert.deepEqual(answersIn(client.read()), [[200, "hello"]]);
    client.end();
    site.assertClean();
  });

  describe("pipelining", () => {
    it("answers in order, one exchange at a time", async () => {
      const site = startSite();
      const client = site.client().send(request("/1") + request("/2") + request("/3"));
      const upstream = site.accept();
      for (const path of ["/1", "/2", "/3"]) {
        assert.match(upstream.read(), new RegExp(`^GET ${path} HTTP/1\\.1\r\n`));
        assert.equal(site.network.dials.length, 0);
        assert.equal(site.active(), 1);
        upstream.send(answer(path));
      }
      assert.deepEqual(answersIn(client.read()), [[200, "/1"], [200, "/2"], [200, "/3"]]);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("an error in the second request is answered behind the first answer", async () => {
      const site = startSite();
      const client = site.client().send(request("/1") + "GARBAGE\r\n\r\n");
      site.accept().send(answer("one"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"], [400, "X-Error: 400\n"]]);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      assert.deepEqual(site.refused, ["BAD_REQUEST"]);
      assert.deepEqual(site.records.map(({ status }) => status), [200]);
      site.assertClean();
    });

    it("nothing behind a request that closes the connection is served", async () => {
      const site = startSite();
      const client = site.client().send(request("/1", "Connection: close\r\n") + request("/2"));
      const upstream = site.accept();
      upstream.read();
      upstream.send(answer("one"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"]]);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      assert.equal(site.records.length, 1);
      site.assertClean();
    });

    it("exchanges that end at once, with bodies between them, keep their places", async () => {
      const site = startSite({ endpoints: [] });
      const post = request("/p", "Content-Length: 5\r\n", "GET /");
      const chunked = request("/c", "Transfer-Encoding: chunked\r\n", "3\r\nGET\r\n0\r\n\r\n");
      const client = site.client().send(post + request("/1") + chunked + request("/2"));
      const answers = answersIn(client.read());
      assert.deepEqual(answers.map(([status]) => status), [500, 500, 500, 500]);
      assert.deepEqual(site.records.map(({ target }) => target), ["/p", "/1", "/c", "/2"]);
      assert.deepEqual(site.refused, []);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("the same, cut at every place", async () => {
      const text = request("/p", "Content-Length: 5\r\n", "GET /") +
        request("/c", "Transfer-Encoding: chunked\r\n", "3\r\nGET\r\n0\r\nA: b\r\n\r\n") + request("/2");
      for (let cut = 0; cut <= text.length; cut++) {
        const site = startSite({ endpoints: [] });
        const client = site.client().send(text.slice(0, cut), text.slice(cut)).end();
        assert.deepEqual(site.records.map(({ target }) => target), ["/p", "/c", "/2"], `cut at ${cut}`);
        assert.equal(answersIn(client.read()).length, 3);
        await site.settle();
        site.assertClean();
      }
    });

    it("a client that reads no answers is not served without end", async () => {
      const site = startSite({ keepalive: { requests: 1000 } });
      const client = site.client().limit(100);
      client.send(request("/1"));
      const upstream = site.accept();
      let served = 0;
      const body = "x".repeat(64 * 1024);
      client.send(request("/n").repeat(200));
      while (upstream.read() !== "" && served < 200) {
        served++;
        upstream.send(answer(body));
        await site.settle();
      }
      assert.ok(client.pending < 2 * MIB, `${client.pending} bytes wait for the client`);
      // When the client reads, all is served.
      client.take(Infinity);
      for (; served < 201; served++) {
        await site.settle();
        assert.notEqual(upstream.read(), "", `request ${served} is sent`);
        upstream.send(answer("y"));
      }
      await site.settle();
      assert.equal(site.records.length, 201);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a client that reads no answers of our own is not served without end either", async () => {
      const site = startSite({ endpoints: [], keepalive: { requests: 1e9 } });
      const client = site.client().limit(100);
      for (let i = 0; i < 40; i++) client.send(request(`/${i}`).repeat(100));
      await site.settle();
      assert.ok(client.pending < MIB / 4, `${client.pending} bytes wait for the client`);
      assert.equal(client.paused, true);
      client.take(Infinity);
      await site.settle();
      assert.equal(site.records.length, 4000);
      client.end();
      await site.settle();
      site.assertClean();
    });
  });

  describe("bodies that nobody wants", () => {
    it("a small rest is read over and the connection goes on", async () => {
      const site = startSite({ endpoints: [] });
      const client = site.client().send(request("/1", "Content-Length: 1000\r\n", "GET / HTTP/1.1"));
      assert.deepEqual(answersIn(client.read()).map(([status]) => status), [500]);
      assert.equal(client.closed, false);
      client.send("x".repeat(500), "y".repeat(486) + request("/2"));
      assert.deepEqual(site.records.map(({ target, requestBytes }) => [target, requestBytes > 1000]), [
        ["/1", true],
        ["/2", false],
      ]);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a large rest ends the connection", async () => {
      const site = startSite({ endpoints: [] });
      const client = site.client().send(request("/1", `Content-Length: ${MIB}\r\n`, "x"));
      assert.deepEqual(answersIn(client.read()).map(([status]) => status), [500]);
      assert.equal(client.ended, true);
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100)).end();
      await site.settle();
      assert.equal(site.records.length, 1);
      site.assertClean();
    });

    it("a rest without length that turns out large ends the connection", async () => {
      const site = startSite({ endpoints: [] });
      const client = site.client().send(request("/1", "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n"));
      const chunk = `10000\r\n${"x".repeat(65536)}\r\n`;
      for (let i = 0; i < 10; i++) client.send(chunk);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      assert.equal(site.records.length, 1);
      site.assertClean();
    });

    it("a broken rest ends the connection, and the answer is not followed by another", async () => {
      const site = startSite({ endpoints: [] });
      const client = site.client().send(request("/1", "Transfer-Encoding: chunked\r\n", "1\r\nx\r\n"));
      client.send("zzz\r\n" + request("/2"));
      assert.equal(answersIn(client.read()).length, 1);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      assert.equal(site.records.length, 1);
      site.assertClean();
    });

    it("a client that does not send it in time is cut off", async () => {
      const site = startSite({ endpoints: [] });
      const client = site.client().send(request("/1", "Content-Length: 10\r\n", "x"));
      assert.deepEqual(answersIn(client.read()).map(([status]) => status), [500]);
      site.clock.advance(70_000);
      await site.settle();
      assert.equal(client.read(), "");
      assert.equal(client.closed, true);
      site.assertClean();
    });
  });

  describe("half-closing", () => {
    it("a client that ends after its request gets its answer", async () => {
      const site = startSite();
      const client = site.client().send(request("/1")).end();
      site.accept().send(answer("one"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"]]);
      await site.settle();
      assert.equal(client.closed, true);
      site.assertClean();
    });

    it("a client that ends after several requests gets all answers", async () => {
      const site = startSite();
      const client = site.client().send(request("/1") + request("/2")).end();
      const upstream = site.accept();
      upstream.send(answer("one"));
      upstream.send(answer("two"));
      await site.settle();
      assert.deepEqual(answersIn(client.read()), [[200, "one"], [200, "two"]]);
      assert.equal(client.closed, true);
      site.assertClean();
    });

    it("a client that ends in the middle of a body aborts the exchange", async () => {
      const site = startSite();
      const client = site.client().send(request("/1", "Content-Length: 10\r\n", "x"));
      const upstream = site.accept();
      client.end();
      await site.settle();
      assert.equal(upstream.closed, true);
      assert.equal(client.closed, true);
      assert.deepEqual(site.records.map(({ status, errorCode }) => [status, errorCode]), [[
        499,
        "CLIENT_ABORTED",
      ]]);
      site.assertClean();
    });

    it("a client that ends in the middle of a body keeps an answer that was complete before", async () => {
      const site = startSite();
      const client = site.client().limit(50).send(request("/1", "Content-Length: 10\r\n", "x"));
      site.accept().send(answer("early and long ".repeat(10), "", "413 No"));
      client.end();
      await site.settle();
      client.take(Infinity);
      await site.settle();
      assert.deepEqual(answersIn(client.received), [[413, "early and long ".repeat(10)]]);
      assert.equal(client.closed, true);
      site.assertClean();
    });

    it("a client that ends in the middle of a head is closed", async () => {
      const site = startSite();
      const client = site.client().send("GET / HT").end();
      await site.settle();
      assert.equal(client.closed, true);
      assert.equal(client.received, "");
      site.assertClean();
    });
  });

  describe("a client that goes away", () => {
    it("while dialling: the dial is given up", async () => {
      const site = startSite();
      const client = site.client().send(request());
      const dial = site.network.dials[0]!;
      client.reset();
      assert.equal(dial.cancelled, true);
      await site.settle();
      assert.deepEqual(site.records.map(({ status }) => status), [499]);
      site.assertClean();
    });

    it("while waiting for the answer: the upstream's connection is closed", () => {
      const site = startSite();
      const client = site.client().send(request());
      const upstream = site.accept();
      client.reset();
      assert.equal(upstream.closed, true);
      site.assertClean();
    });

    it("in the middle of the answer: the upstream's connection is closed", () => {
      const site = startSite();
      const client = site.client().send(request());
      const upstream = site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      client.reset();
      assert.equal(upstream.closed, true);
      assert.deepEqual(site.records.map(({ status, errorCode }) => [status, errorCode]), [[
        200,
        "CLIENT_ABORTED",
      ]]);
      site.assertClean();
    });

    it("while the upstream is held back for it: the upstream's connection is closed", () => {
      const site = startSite();
      const client = site.client().limit(10).send(request());
      const upstream = site.accept().send(
        `HTTP/1.1 200 OK\r\nContent-Length: ${MIB}\r\n\r\n${"x".repeat(1000)}`,
      );
      assert.equal(upstream.paused, true);
      client.reset();
      assert.equal(upstream.closed, true);
      site.assertClean();
    });
  });

  describe("closing", () => {
    it("the answer of a slow client is not cut when the connection closes behind it", async () => {
      const site = startSite();
      const client = site.client().limit(100).send(request("/1", "Connection: close\r\n"));
      const body = "x".repeat(100_000);
      const upstream = site.accept().send(answer(body));
      await site.settle();
      assert.equal(upstream.closed || upstream.paused === false, true);
      for (let i = 0; i < 10; i++) {
        site.clock.advance(2500);
        client.take(10_000);
      }
      client.take(Infinity);
      assert.equal(answersIn(client.received)[0]?.[1] === body, true, "the answer is whole");
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a client that does not end after our FIN is closed after a while", async () => {
      const site = startSite();
      const client = site.client().send(request("/1", "Connection: close\r\n"));
      site.accept().send(answer("one"));
      assert.equal(client.ended, true);
      assert.equal(client.closed, false);
      site.clock.advance(3000);
      await site.settle();
      assert.equal(client.closed, true);
      site.assertClean();
    });

    it("a client that takes nothing of a last answer is cut after the send timeout", async () => {
      const site = startSite();
      const client = site.client().limit(100).send(request("/1", "Connection: close\r\n"));
      site.accept().send(answer("x".repeat(1000)));
      site.clock.advance(130_000);
      await site.settle();
      assert.equal(client.closed, true);
      site.assertClean();
    });

    it("a client that takes nothing is cut after the send timeout, also when idle or half-closed", async () => {
      for (const halfClosed of [false, true]) {
        const site = startSite();
        const client = site.client().limit(100).send(request("/1"));
        if (halfClosed) client.end();
        site.accept().send(answer("x".repeat(1000)));
        site.clock.advance(130_000);
        await site.settle();
        assert.equal(client.closed, true);
        site.assertClean();
      }
    });

    it("a client that takes an answer slowly, but takes it, is not cut", async () => {
      const site = startSite();
      const client = site.client().limit(100).send(request("/1"));
      const body = "x".repeat(100_000);
      const upstream = site.accept().send(`HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n${body}`);
      for (let i = 0; i < 20; i++) {
        site.clock.advance(30_000);
        client.take(1000);
      }
      client.take(Infinity);
      await site.settle();
      upstream.send("y");
      assert.equal(answersIn(client.received)[0]?.[1] === `${body}y`, true, "the answer is whole");
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("after as many requests as the listener allows the answer says close", async () => {
      const site = startSite({ keepalive: { requests: 2 } });
      const client = site.client().send(request("/1"));
      const upstream = site.accept().send(answer("one"));
      assert.doesNotMatch(client.read(), /Connection: close/);
      client.send(request("/2") + request("/3"));
      upstream.send(answer("two"));
      assert.match(client.read(), /\r\nConnection: close\r\n/);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      assert.equal(site.records.length, 2);
      site.assertClean();
    });

    it("an idle connection is closed after the keep-alive time", async () => {
      const site = startSite({ keepalive: { idleMs: 5000 } });
      const client = site.client().send(request("/1"));
      site.accept().send(answer("one"));
      site.clock.advance(4900);
      assert.equal(client.closed, false);
      site.clock.advance(200);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("empty lines keep no connection open, whenever they come", async () => {
      const site = startSite({ keepalive: { idleMs: 5000 }, limits: { headerReadMs: 8000 } });
      for (const asksFirst of [false, true]) {
        const client = site.client();
        if (asksFirst) {
          client.send(request("/1"));
          site.accept().send(answer("one"));
          client.read();
        }
        for (let seconds = 0; seconds < 7; seconds++) {
          client.send("\r\n");
          site.clock.advance(1000);
          assert.equal(client.ended, false);
        }
        client.send("\r\n");
        site.clock.advance(1500);
        assert.equal(client.ended, true);
        client.end();
        await site.settle();
        assert.equal(client.received.includes("X-Error"), false, "nobody has asked for anything");
      }
      site.assertClean();
    });

    it("empty lines in front take no time from the request, and one that comes is no idle client", async () => {
      const site = startSite({ keepalive: { idleMs: 5000 }, limits: { headerReadMs: 8000 } });
      const client = site.client().send("\r\n");
      site.clock.advance(4000);
      client.send("\r\n\r");
      site.clock.advance(3500);
      client.send("\nGET / HTTP/1.1\r\n");
      site.clock.advance(7500);
      client.send("Host: a\r\n\r\n");
      site.accept().send(answer("one"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"]]);
      site.clock.advance(4900);
      assert.equal(client.ended, false);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a connection that never says anything is closed, without an answer", async () => {
      const site = startSite({ keepalive: { idleMs: 5000 } });
      const client = site.client();
      site.clock.advance(5100);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      assert.equal(client.received, "");
      site.assertClean();
    });
  });

  describe("slow heads and bodies", () => {
    it("a head that is not complete in time is answered 408, however steadily it drips", async () => {
      const site = startSite({ limits: { headerReadMs: 10_000 } });
      const client = site.client();
      for (const character of "GET / HTTP/1.1\r\nHost: a\r\nX: ".padEnd(60, "x")) {
        client.send(character);
        site.clock.advance(500);
      }
      assert.deepEqual(answersIn(client.read()).map(([status]) => status), [408]);
      client.end();
      await site.settle();
      assert.deepEqual(site.refused, ["REQUEST_TIMEOUT"]);
      site.assertClean();
    });

    it("the time of a head starts with its first byte, not with the connection or the last answer", async () => {
      const site = startSite({ limits: { headerReadMs: 10_000 } });
      const client = site.client();
      site.clock.advance(9000);
      client.send("GET / HT");
      site.clock.advance(9000);
      client.send("TP/1.1\r\nHost: a\r\n\r\n");
      const upstream = site.accept().send(answer("one"));
      site.clock.advance(9000);
      client.send("\r");
      site.clock.advance(9000);
      client.send("\nGET / HTTP/1.1\r\nHost: a\r\n");
      site.clock.advance(9000);
      client.send("\r\n");
      upstream.send(answer("two"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"], [200, "two"]]);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a part of a head that waited behind an exchange has its whole time", async () => {
      const site = startSite({ limits: { headerReadMs: 10_000 }, timeouts: { readMs: 100_000 } });
      const client = site.client().send(request("/1") + "GET /2 HT");
      const upstream = site.accept();
      site.clock.advance(50_000);
      upstream.send(answer("one"));
      await site.settle();
      site.clock.advance(9000);
      client.send("TP/1.1\r\nHost: a\r\n\r\n");
      upstream.send(answer("two"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"], [200, "two"]]);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a body that stops coming is answered 408, and the upstream's connection is closed", async () => {
      const site = startSite({ limits: { bodyIdleMs: 5000 } });
      const client = site.client().send(request("/1", "Content-Length: 10\r\n", "x"));
      const upstream = site.accept();
      site.clock.advance(5100);
      assert.deepEqual(answersIn(client.read()).map(([status]) => status), [408]);
      assert.equal(upstream.closed, true);
      client.end();
      await site.settle();
      assert.deepEqual(site.records.map(({ errorCode }) => errorCode), ["REQUEST_TIMEOUT"]);
      site.assertClean();
    });

    it("a body that waits for the upstream is not the client's fault", async () => {
      const site = startSite({ limits: { bodyIdleMs: 5000 }, timeouts: { sendMs: 60_000 } });
      const client = site.client().send(request("/1", `Content-Length: ${MIB}\r\n`, "x"));
      const upstream = site.accept().limit(1000);
      client.send("x".repeat(100_000), "x".repeat(100_000));
      assert.equal(client.paused, true);
      site.clock.advance(20_000);
      assert.equal(client.received, "");
      upstream.take(Infinity);
      await site.settle();
      client.send("x".repeat(MIB - 200_001));
      upstream.send(answer("one"));
      assert.deepEqual(answersIn(client.read()), [[200, "one"]]);
      client.end();
      await site.settle();
      site.assertClean();
    });
  });

  describe("draining", () => {
    it("closes idle connections after a while, busy ones after the answer, which says so", async () => {
      const site = startSite({ limits: { drainIdleMs: 3000 } });
      const idle = site.client();
      const busy = site.client().send(request("/1"));
      const upstream = site.accept();
      site.listener.drain();
      site.clock.advance(2900);
      assert.equal(idle.ended, false);
      site.clock.advance(200);
      assert.equal(idle.ended, true);
      idle.end();
      assert.equal(busy.ended, false);
      upstream.send(answer("one"));
      assert.match(busy.read(), /\r\nConnection: close\r\n/);
      assert.equal(busy.ended, true);
      busy.end();
      await site.settle();
      site.assertClean();
    });

    it("answers a request that comes meanwhile, and says that it is the last", async () => {
      const site = startSite({ limits: { drainIdleMs: 3000 } });
      const client = site.client();
      site.listener.drain();
      site.clock.advance(2000);
      client.send(request("/1"));
      site.accept().send(answer("one"));
      assert.match(client.received, /\r\nConnection: close\r\n/);
      assert.deepEqual(answersIn(client.read()), [[200, "one"]]);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      site.assertClean();
    });

    it("a connection whose answer had begun before is told with the next", async () => {
      const site = startSite({ limits: { drainIdleMs: 3000 } });
      const client = site.client().send(request("/1"));
      const upstream = site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
      site.listener.drain();
      upstream.send("def");
      assert.deepEqual(answersIn(client.read()), [[200, "abcdef"]]);
      assert.equal(client.ended, false);
      client.send(request("/2"));
      upstream.send(answer("two"));
      assert.match(client.received, /\r\nConnection: close\r\n/);
      assert.deepEqual(answersIn(client.read()), [[200, "two"]]);
      assert.equal(client.ended, true);
      client.end();
      await site.settle();
      site.assertClean();
    });
  });
});
