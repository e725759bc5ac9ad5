/** Bodies in motion: nothing waits for the whole, aborts travel both ways, interim responses pass. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import { readChunked, readHead, readRequestBody, readResponse, value } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { type Connection, latin1, sleep } from "./harness/wire.ts";

describe("streaming", () => {
  let site: Site;
  // Every request meets a connection of its own, so that the test can play the upstream by hand.
  before(async () => void (site = await startSite({ handler: null })));
  after(() => stopSite(site));

  /** Sends `text` on a new connection; resolves with both ends once the upstream has read the head. */
  async function begin(text: string) {
    const client = await site.dial();
    await client.send(text);
    const upstream = await site.upstream.nextConnection();
    const head = await readHead(upstream);
    return { client, upstream, head };
  }
  /** Closed upstream connections cannot be taken from the pool by the next test. */
  function finish(...connections: Connection[]): void {
    for (const connection of connections) connection.close();
  }

  it("passes request chunks on as they arrive", async () => {
    const { client, upstream } = await begin(
      requestText({ method: "POST", fields: [["Transfer-Encoding", "chunked"]], body: "5\r\nfirst\r\n" }),
    );
    assert.equal(await upstream.readUntil("first\r\n"), "5\r\nfirst\r\n");
    await client.send("6\r\nsecond\r\n");
    assert.equal(await upstream.readUntil("second\r\n"), "6\r\nsecond\r\n");
    await client.send("0\r\n\r\n");
    assert.equal((await readChunked(upstream)).body, "");
    await upstream.send(reply(200, [], "done"));
    assert.equal((await readResponse(client)).body, "done");
    finish(client, upstream);
  });

  it("passes response bytes on as they arrive", async () => {
    const { client, upstream } = await begin(requestText({}));
    await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nfirst");
    const head = await readHead(client);
    assert.equal(value(head, "content-length"), "11");
    assert.equal(latin1(await client.readExactly(5)), "first");
    await upstream.send("second");
    assert.equal(latin1(await client.readExactly(6)), "second");
    finish(client, upstream);
  });

  it("delivers an early answer while the request body is still on its way", async () => {
    const { client, upstream } = await begin(
      requestText({ method: "POST", fields: [["Content-Length", "1000000"]], body: "some" }),
    );
    await upstream.send(reply(413, [["Connection", "close"]], "too much"));
    const response = await readResponse(client);
    assert.deepEqual([response.status, response.body], [413, "too much"]);
    finish(client, upstream);
  });

  it("goes on passing the request body after an early answer began", async () => {
    const { client, upstream, head } = await begin(
      requestText({ method: "POST", fields: [["Content-Length", "10"]], body: "first" }),
    );
    await upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nearly\r\n");
    assert.equal(value(await readHead(client), "transfer-encoding"), "chunked");
    assert.equal(await client.readUntil("early\r\n"), "5\r\nearly\r\n");
    await client.send("after");
    assert.equal((await readRequestBody(upstream, head)).body, "firstafter");
    await upstream.send("0\r\n\r\n");
    assert.equal((await readChunked(client)).body, "");
    finish(client, upstream);
  });

  it("relays Expect: 100-continue and the upstream's 100", async () => {
    const { client, upstream, head } = await begin(
      requestText({ method: "POST", fields: [["Content-Length", "4"], ["Expect", "100-continue"]] }),
    );
    assert.equal(value(head, "expect"), "100-continue");
    await client.staysSilent(100);
    await upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
    assert.equal((await readHead(client)).startLine, "HTTP/1.1 100 Continue");
    await client.send("body");
    assert.equal((await readRequestBody(upstream, head)).body, "body");
    await upstream.send(reply(200, [], "thanks"));
    assert.equal((await readResponse(client)).body, "thanks");
    finish(client, upstream);
  });

  it("relays an upstream's refusal of the expectation before any body", async () => {
    const { client, upstream } = await begin(
      requestText({ method: "PUT", fields: [["Content-Length", "4"], ["Expect", "100-continue"]] }),
    );
    await upstream.send(reply(401, [["Connection", "close"]], "who?"));
    const response = await readResponse(client);
    assert.deepEqual([response.status, response.interim], [401, []]);
    finish(client, upstream);
  });

  it("answers the expectation itself when the upstream stays silent", async () => {
    const { client, upstream, head } = await begin(
      requestText({ method: "POST", fields: [["Content-Length", "4"], ["Expect", "100-continue"]] }),
    );
    assert.equal((await readHead(client)).startLine, "HTTP/1.1 100 Continue");
    await client.send("body");
    assert.equal((await readRequestBody(upstream, head)).body, "body");
    await upstream.send(reply(200, [], "late"));
    assert.equal((await readResponse(client)).body, "late");
    finish(client, upstream);
  });

  it("relays other interim responses with their fields, not to HTTP/1.0 clients", async () => {
    const interim = "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n";
    const { client, upstream } = await begin(requestText({}));
    await upstream.send(interim + reply(200, [], "ok"));
    const response = await readResponse(client);
    assert.deepEqual(response.interim.map((head) => head.startLine), [
      "HTTP/1.1 102 Processing",
      "HTTP/1.1 103 Early Hints",
    ]);
    assert.equal(value(response.interim[1]!, "link"), "</style.css>");
    finish(client, upstream);

    const old = await begin("GET / HTTP/1.0\r\n\r\n");
    await old.upstream.send(interim + reply(200, [], "ok"));
    assert.deepEqual((await readResponse(old.client)).interim, []);
    finish(old.client, old.upstream);
  });

  it("ends the upstream's connection when the client leaves within the request body", async () => {
    for (const leave of ["reset", "close"] as const) {
      const { client, upstream } = await begin(
        requestText({ method: "POST", fields: [["Content-Length", "100"]], body: "part" }),
      );
      assert.equal(latin1(await upstream.readExactly(4)), "part");
      client[leave]();
      await upstream.ended;
      finish(upstream);
    }
  });

  it("ends the upstream's connection when the client leaves before or within the response", async () => {
    const waiting = await begin(requestText({}));
    waiting.client.reset();
    await waiting.upstream.ended;
    const { client, upstream } = await begin(requestText({}));
    await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
    await client.readUntil("part");
    client.reset();
    await upstream.ended;
    finish(waiting.upstream, upstream);
  });

  it("cuts the client when the upstream resets within the response", async () => {
    for (
      const framing of ["Content-Length: 100\r\n\r\npart", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"]
    ) {
      const { client, upstream } = await begin(requestText({}));
      await upstream.send(`HTTP/1.1 200 OK\r\n${framing}`);
      await client.readUntil("part");
      upstream.reset();
      const rest = latin1(await client.readToEnd());
      assert.ok(!rest.includes("0\r\n\r\n"), "no terminating chunk is made up");
      finish(client);
    }
  });

  it("answers a client that has closed its sending side", async () => {
    const { client, upstream } = await begin(requestText({}));
    client.halfClose();
    await sleep(200);
    await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstill");
    await client.readUntil("still");
    await upstream.send("here");
    assert.equal(latin1(await client.readExactly(4)), "here");
    await client.ended;
    finish(client, upstream);
  });

  it("treats a sending side closed within the request body as an abort", async () => {
    const { client, upstream } = await begin(
      requestText({ method: "POST", fields: [["Transfer-Encoding", "chunked"]], body: "4\r\npart\r\n" }),
    );
    client.halfClose();
    const rest = latin1(await upstream.readToEnd());
    assert.ok(!rest.includes("0\r\n\r\n"), "no terminating chunk is made up");
    finish(client, upstream);
  });
});
