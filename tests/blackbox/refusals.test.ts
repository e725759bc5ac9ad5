/** Requests with more than one meaning: refused with 400 (or a finer status), the connection closed, nothing forwarded. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { readHead, readResponse, value } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { latin1 } from "./harness/wire.ts";

const HOST = "Host: h\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

/** Name, bytes, expected status. */
const REFUSED: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ["both lengths", `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n${CHUNKED}\r\n0\r\n\r\n`, 400],
  ["differing lengths", `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400],
  ["a list of differing lengths", `POST / HTTP/1.1\r\n${HOST}Content-Length: 3, 4\r\n\r\nabcd`, 400],
  ["a length with a sign", `POST / HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc`, 400],
  ["a hexadecimal length", `POST / HTTP/1.1\r\n${HOST}Content-Length: 0x3\r\n\r\nabc`, 400],
  ["a length beyond integers", `POST / HTTP/1.1\r\n${HOST}Content-Length: 99999999999999999999\r\n\r\n`, 400],
  ["chunked not last", `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 400],
  ["chunked twice", `POST / HTTP/1.1\r\n${HOST}${CHUNKED}${CHUNKED}\r\n0\r\n\r\n`, 400],
  ["almost chunked", `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501],
  ["chunked in HTTP/1.0", `POST / HTTP/1.0\r\n${HOST}${CHUNKED}\r\n0\r\n\r\n`, 400],
  ["a blank before the colon", `GET / HTTP/1.1\r\n${HOST}X-A : 1\r\n\r\n`, 400],
  ["a folded line", `GET / HTTP/1.1\r\n${HOST}X-A: 1\r\n continued\r\n\r\n`, 400],
  ["a bare LF", `GET / HTTP/1.1\nHost: h\n\n`, 400],
  ["a bare LF within the head", `GET / HTTP/1.1\r\n${HOST}X-A: 1\nX-B: 2\r\n\r\n`, 400],
  ["a bare CR", `GET / HTTP/1.1\r\n${HOST}X-A: 1\rX-B: 2\r\n\r\n`, 400],
  ["NUL in a value", `GET / HTTP/1.1\r\n${HOST}X-A: a\0b\r\n\r\n`, 400],
  ["a control character in a name", `GET / HTTP/1.1\r\n${HOST}X\x01A: 1\r\n\r\n`, 400],
  ["a line without colon", `GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`, 400],
  ["an empty name", `GET / HTTP/1.1\r\n${HOST}: 1\r\n\r\n`, 400],
  ["two Hosts", `GET / HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`, 400],
  ["no Host", `GET / HTTP/1.1\r\n\r\n`, 400],
  ["a Host that is none", `GET / HTTP/1.1\r\nHost: a b\r\n\r\n`, 400],
  ["a blank in the target", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a target without slash", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a method that is no token", `G(T / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a path above the root", `GET /../x HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["an encoded path above the root", `GET /a/%2e%2e/%2E%2e/x HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["an encoded NUL", `GET /a%00 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["an encoded control character", `GET /a%0d%0aX:y HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["a broken escape", `GET /a%zz HTTP/1.1\r\n${HOST}\r\n`, 400],
  ["garbage", `\x16\x03\x01\x02\x00\x01\x00\r\n\r\n`, 400],
  ["another version", `GET / HTTP/3.0\r\n${HOST}\r\n`, 505],
  ["CONNECT", `CONNECT h:443 HTTP/1.1\r\n${HOST}\r\n`, 501],
];

/** Bodies whose head is fine: the upstream may have begun to read, but never sees an end. */
const BAD_CHUNKS: readonly (readonly [name: string, body: string])[] = [
  ["a size that is no number", "xyz\r\nabc\r\n0\r\n\r\n"],
  ["a negative size", "-3\r\nabc\r\n0\r\n\r\n"],
  ["a size beyond integers", "fffffffffffffffff\r\n"],
  ["a chunk longer than its size", "3\r\nabcd\r\n0\r\n\r\n"],
  ["a bare LF after the size", "3\nabc\r\n0\r\n\r\n"],
  ["a blank before the size", " 3\r\nabc\r\n0\r\n\r\n"],
  ["a trailer without colon", "3\r\nabc\r\n0\r\nnonsense\r\n\r\n"],
];

describe("refused requests", () => {
  let site: Site;
  before(async () => void (site = await startSite()));
  after(() => stopSite(site));

  for (const [name, bytes, status] of REFUSED) {
    it(`${name}: ${status}`, async () => {
      const before = site.upstream.requests.length;
      const client = await site.dial();
      await client.send(bytes);
      const response = await readResponse(client);
      assert.equal(response.status, status);
      assert.equal(value(response, "connection"), "close");
      assert.equal(response.body, `X-Error: ${status}\n`);
      assert.match(value(response, "x-alb-err-reason") ?? "", /^BadRequest : ./);
      await client.ended;
      assert.equal(site.upstream.requests.length, before, "nothing reaches the upstream");
      client.close();
    });
  }

  for (const [name, body] of BAD_CHUNKS) {
    it(`chunked body with ${name}: 400, and the upstream sees no end`, async () => {
      const before = site.upstream.requests.length;
      const client = await site.dial();
      await client.send(`POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n${body}`);
      assert.equal((await readResponse(client)).status, 400);
      await client.ended;
      assert.equal(site.upstream.requests.length, before);
      client.close();
    });
  }

  it("a second request behind a refused one is not answered", async () => {
    const client = await site.dial();
    await client.send(`GET / HTTP/1.1\r\n\r\nGET /smuggled HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal((await readResponse(client)).status, 400);
    assert.equal(latin1(await client.readToEnd()), "");
    client.close();
  });

  it("too long a target: 414; too large a head: 431", async () => {
    for (
      const [bytes, status] of [
        [`GET /${"a".repeat(100_000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
        [`GET / HTTP/1.1\r\n${HOST}X-Large: ${"a".repeat(200_000)}\r\n\r\n`, 431],
        [`GET / HTTP/1.1\r\n${HOST}${"X-Many: 1\r\n".repeat(5000)}\r\n`, 431],
      ] as const
    ) {
      const client = await site.dial();
      await client.send(bytes).catch(() => {});
      const head = await readHead(client);
      assert.match(head.startLine, new RegExp(`^HTTP/1.1 ${status} `));
      client.close();
    }
  });

  it("a head of 16 kB is served", async () => {
    site.upstream.handler = ({ fields }) =>
      reply(200, [], String(fields.find(([name]) => name === "X-L")?.[1].length));
    const response = await site.request({ fields: [["X-L", "a".repeat(15_000)]] });
    assert.equal(response.body, "15000");
  });

  it("equal lengths given twice are one length", async () => {
    site.upstream.handler = ({ body }) => reply(200, [], body);
    const client = await site.dial();
    await client.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`);
    const response = await readResponse(client);
    assert.ok(response.status === 400 || response.body === "abc", `${response.status}`);
    client.close();
  });

  it("empty lines before a request line are ignored (RFC 9112 section 2.2)", async () => {
    const client = await site.dial();
    await client.send(`\r\nGET / HTTP/1.1\r\n${HOST}\r\n`);
    assert.equal((await readResponse(client)).status, 200);
    client.close();
  });
});
