/** How messages are delimited, on both sides of the gateway (RFC 9112 section 6). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { readResponse, value, values } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { requestText } from "./harness/client.ts";
import { sleep } from "./harness/wire.ts";

/** Every byte once, so that no text decoding goes unnoticed. */
const ALL_BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

describe("framing", () => {
  let site: Site;
  before(async () => void (site = await startSite()));
  after(() => stopSite(site));

  it("passes Content-Length bodies both ways, byte for byte", async () => {
    site.upstream.handler = ({ body }) => reply(200, [["Content-Type", "application/x"]], body);
    const response = await site.request({ method: "POST", body: ALL_BYTES });
    assert.equal(response.body, ALL_BYTES);
    assert.equal(value(response, "content-length"), "256");
    const seen = site.upstream.requests.at(-1)!;
    assert.equal(value(seen, "content-length"), "256");
    assert.equal(value(seen, "transfer-encoding"), undefined);
  });

  it("passes an empty Content-Length body as such", async () => {
    await site.request({ method: "POST", body: "" });
    assert.equal(value(site.upstream.requests.at(-1)!, "content-length"), "0");
  });

  it("adds no framing to a request without body", async () => {
    await site.request();
    const seen = site.upstream.requests.at(-1)!;
    assert.equal(value(seen, "content-length"), undefined);
    assert.equal(value(seen, "transfer-encoding"), undefined);
  });

  it("passes chunked bodies and trailers both ways, without a Content-Length", async () => {
    site.upstream.handler = () =>
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" +
      "4\r\nback\r\n6;ext=1\r\nwards!\r\n0\r\nX-Sum: 10\r\nX-More: yes\r\n\r\n";
    const response = await site.request({
      method: "PUT",
      fields: [["Transfer-Encoding", "chunked"], ["TE", "trailers"], ["Trailer", "X-Up"]],
      body: "3\r\nfor\r\n5\r\nwards\r\n0\r\nX-Up: 8\r\n\r\n",
    });
    assert.equal(response.body, "backwards!");
    assert.equal(value(response, "transfer-encoding"), "chunked");
    assert.equal(value(response, "content-length"), undefined);
    assert.deepEqual(response.trailers, [["X-Sum", "10"], ["X-More", "yes"]]);
    const seen = site.upstream.requests.at(-1)!;
    assert.equal(seen.body, "forwards");
    assert.equal(value(seen, "transfer-encoding"), "chunked");
    assert.equal(value(seen, "content-length"), undefined);
    assert.deepEqual(seen.trailers, [["X-Up", "8"]]);
  });

  it("answers HEAD with the length of the body that GET would have, and nothing after the head", async () => {
    site.upstream.handler = ({ method }) =>
      method === "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n" : reply(200, [], "next");
    const client = await site.dial();
    await client.send(requestText({ method: "HEAD" }));
    const head = await readResponse(client, "HEAD");
    assert.equal(value(head, "content-length"), "1234");
    await client.send(requestText({}));
    assert.equal((await readResponse(client)).body, "next");
    client.close();
  });

  it("knows that 204 and 304 have no body", async () => {
    site.upstream.handler = ({ target }) =>
      target === "/204"
        ? "HTTP/1.1 204 No Content\r\nX-N: 1\r\n\r\n"
        : target === "/304"
        ? 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: "e"\r\n\r\n'
        : reply(200, [], "next");
    const client = await site.dial();
    await client.send(requestText({ target: "/204" }));
    const noContent = await readResponse(client);
    assert.deepEqual([noContent.status, value(noContent, "content-length")], [204, undefined]);
    await client.send(requestText({ target: "/304" }));
    const notModified = await readResponse(client);
    assert.deepEqual([notModified.status, value(notModified, "etag")], [304, '"e"']);
    await client.send(requestText({}));
    assert.equal((await readResponse(client)).body, "next");
    client.close();
  });

  it("keeps client connections open, and closes them when asked", async () => {
    site.upstream.handler = ({ target }) => reply(200, [], target);
    const client = await site.dial();
    for (const target of ["/1", "/2", "/3"]) {
      await client.send(requestText({ target }));
      const response = await readResponse(client);
      assert.equal(response.body, target);
      assert.notEqual(value(response, "connection"), "close");
    }
    await client.send(requestText({ target: "/4", fields: [["Connection", "close"]] }));
    const last = await readResponse(client);
    assert.deepEqual([last.body, value(last, "connection")], ["/4", "close"]);
    await client.ended;
    client.close();
  });

  it("answers pipelined requests in their order", async () => {
    site.upstream.handler = async ({ target, body }) => {
      if (target === "/slow") await sleep(200);
      return reply(200, [], `${target} ${body}`);
    };
    const client = await site.dial();
    await client.send(
      requestText({ target: "/slow" }) +
        requestText({ method: "POST", target: "/body", body: "GET /x HTTP/1.1\r\n\r\n" }) +
        requestText({
          method: "POST",
          target: "/chunked",
          fields: [["Transfer-Encoding", "chunked"]],
          body: "2\r\nhi\r\n0\r\n\r\n",
        }) + requestText({ target: "/last" }),
    );
    const bodies: string[] = [];
    for (let n = 0; n < 4; n++) bodies.push((await readResponse(client)).body);
    assert.deepEqual(bodies, ["/slow ", "/body GET /x HTTP/1.1\r\n\r\n", "/chunked hi", "/last "]);
    client.close();
  });

  it("reads a request that arrives byte by byte", async () => {
    site.upstream.handler = ({ body }) => reply(200, [], body);
    const client = await site.dial();
    const text = requestText({
      method: "POST",
      fields: [["Transfer-Encoding", "chunked"]],
      body: "A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n",
    });
    for (const byte of text) {
      await client.send(byte);
      await sleep(0);
    }
    assert.equal((await readResponse(client)).body, "0123456789");
    assert.deepEqual(site.upstream.requests.at(-1)!.trailers, [["X-T", "1"]]);
    client.close();
  });

  it("serves HTTP/1.0 clients without chunks, and closes", async () => {
    site.upstream.handler = () =>
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    const client = await site.dial();
    await client.send("GET / HTTP/1.0\r\n\r\n");
    const response = await readResponse(client);
    assert.equal(response.body, "abcde");
    assert.equal(value(response, "transfer-encoding"), undefined);
    assert.equal(site.upstream.requests.at(-1)!.version, "HTTP/1.1");
    client.close();
  });

  it("keeps an HTTP/1.0 connection open when the client asks and the length is known", async () => {
    site.upstream.handler = ({ target }) => reply(200, [], target);
    const client = await site.dial();
    for (const target of ["/1", "/2"]) {
      await client.send(requestText({ target, version: "1.0", fields: [["Connection", "keep-alive"]] }));
      const response = await readResponse(client);
      assert.deepEqual([response.body, value(response, "connection")?.toLowerCase()], [target, "keep-alive"]);
    }
    client.close();
  });

  it("delimits for the client what the upstream delimits by closing", async () => {
    for (const version of ["1.0", "1.1"]) {
      site.upstream.handler = async (_, connection) => {
        await connection.send(`HTTP/${version} 200 OK\r\nX-Close: yes\r\n\r\nuntil the`);
        await sleep(20);
        await connection.send(" end");
        connection.halfClose();
      };
      const client = await site.dial();
      await client.send(requestText({}));
      const response = await readResponse(client);
      assert.equal(response.body, "until the end");
      assert.equal(value(response, "transfer-encoding"), "chunked", "the connection stays usable");
      site.upstream.handler = () => reply(200, [], "next");
      await client.send(requestText({}));
      assert.equal((await readResponse(client)).body, "next");
      client.close();
    }
  });

  it("never completes a body that the upstream left incomplete", async () => {
    for (const head of ["Content-Length: 100", "Transfer-Encoding: chunked"]) {
      site.upstream.handler = async (_, connection) => {
        await connection.send(
          `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${head.startsWith("T") ? "64\r\n" : ""}only this`,
        );
        await sleep(20);
        connection.close();
      };
      await assert.rejects(site.request(), /only this|wanted 100 bytes|peer ended|before the end/, head);
    }
  });

  it("answers 502 with a reason to responses that are not HTTP or ambiguous", async () => {
    const answers = [
      "SSH-2.0-OpenSSH\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
    ];
    for (const answer of answers) {
      site.upstream.handler = async (_, connection) => {
        await connection.send(answer);
        connection.close();
      };
      const response = await site.request();
      assert.equal(response.status, 502, JSON.stringify(answer));
      assert.equal(response.body, "X-Error: 502\n");
      assert.match(value(response, "x-alb-err-reason") ?? "", /^UpstreamFail : ./, JSON.stringify(answer));
    }
  });

  it("passes response heads of 30 kB and many Set-Cookie lines in their order", async () => {
    const cookies = Array.from({ length: 20 }, (_, n) => `c${n}=${"v".repeat(1500)}`);
    site.upstream.handler = () => reply(200, cookies.map((cookie) => ["Set-Cookie", cookie]), "big head");
    const response = await site.request();
    assert.deepEqual(values(response, "set-cookie"), cookies);
    assert.equal(response.body, "big head");
  });
});
