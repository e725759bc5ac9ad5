/** Response compression: what is compressed, what is left alone, and that a stream stays one. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { createBrotliDecompress, createGunzip, createZstdDecompress, gunzipSync } from "node:zlib";
import { type Field, type Response, value } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

const GZIP: Field[] = [["Accept-Encoding", "gzip"]];

describe("compression", () => {
  let site: Site;
  before(async () => {
    site = await startSite({
      handler: ({ target }) => {
        const { searchParams } = new URL(target, "http://x");
        const fields: Field[] = [["Content-Type", searchParams.get("type") ?? "application/json"]];
        for (const name of ["Content-Encoding", "Cache-Control", "ETag", "Vary"]) {
          const given = searchParams.get(name);
          if (given !== null) fields.push([name, given]);
        }
        return reply(
          Number(searchParams.get("status") ?? 200),
          fields,
          "x".repeat(Number(searchParams.get("size") ?? 1000)),
        );
      },
    });
  });
  after(() => stopSite(site));

  function ask(query: string, fields = GZIP): Promise<Response> {
    return site.request({ target: `/?${query}`, fields: [["Host", "a.com"], ...fields] });
  }

  it("sends gzip to a client that takes it, and says what it depends on", async () => {
    const response = await ask("size=5000&ETag=%22v1%22");
    assert.deepEqual([value(response, "content-encoding"), value(response, "vary")], [
      "gzip",
      "Accept-Encoding",
    ]);
    // Small enough to be there at once; never that of the upstream's answer.
    assert.equal(value(response, "content-length") ?? `${response.body.length}`, `${response.body.length}`);
    assert.equal(value(response, "etag"), 'W/"v1"');
    assert.equal(gunzipSync(Buffer.from(response.body, "latin1")).toString(), "x".repeat(5000));
  });

  it("names what it depends on once", async () => {
    for (const [given, expected] of [["Origin, accept-encoding", "Origin, accept-encoding"], ["*", "*"]]) {
      const response = await ask(`size=5000&Vary=${encodeURIComponent(given!)}`);
      assert.deepEqual([value(response, "content-encoding"), value(response, "vary")], ["gzip", expected]);
    }
    assert.equal(value(await ask("size=5000&Vary=Origin"), "vary"), "Origin, Accept-Encoding");
  });

  for (
    const [what, query, fields] of [
      ["is small", "size=255", GZIP],
      ["is of another type", "type=image/png", GZIP],
      ["is encoded already", "Content-Encoding=br", GZIP],
      ["must not be transformed", "Cache-Control=no-transform", GZIP],
      ["is partial", "status=206", GZIP],
      ["nobody asked to be encoded", "size=1000", []],
      ["is asked for with a weight of 0", "size=1000", [["Accept-Encoding", "gzip;q=0, identity"]]],
    ] as [string, string, Field[]][]
  ) {
    it(`leaves alone what ${what}`, async () => {
      const response = await ask(query, fields);
      assert.equal(response.body.length, Number(/size=(\d+)/.exec(query)?.[1] ?? 1000));
      assert.notEqual(value(response, "content-encoding"), "gzip");
    });
  }

  it("compresses error pages of the upstream, which keep their reason", async () => {
    const response = await ask("status=404&type=text/html");
    assert.deepEqual([response.status, value(response, "content-encoding")], [404, "gzip"]);
    assert.match(value(response, "x-alb-err-reason") ?? "", /^BackendError : read \d+ byte/);
  });

  it("leaves the lines of what it leaves alone as they came", async () => {
    site.upstream.handler = () =>
      reply(200, [["Content-TYPE", "image/png"], ["X-A", "1"], ["x-a", "2"]], "png");
    const { fields } = await site.request({ fields: GZIP });
    assert.deepEqual(fields.filter(([name]) => /^(content-type|x-a)$/i.test(name)), [
      ["Content-TYPE", "image/png"],
      ["X-A", "1"],
      ["x-a", "2"],
    ]);
  });

  const decoders = { gzip: createGunzip, br: createBrotliDecompress, zstd: createZstdDecompress };
  for (const [coding, createDecoder] of Object.entries(decoders)) {
    it(`sends the events of a stream when they happen: ${coding}`, async () => {
      let seen = "";
      const decoder = createDecoder().on("data", (chunk: Uint8Array) => seen += String(chunk));
      site.upstream.handler = async (_request, connection) => {
        const head =
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        await connection.send(head);
        for (const event of ["one ", "two ", "three"]) {
          await connection.send(`${event.length.toString(16)}\r\n${event}\r\n`);
          // The next one happens when the client has seen this one.
          await eventually(() => seen.endsWith(event), () => `the client has seen ${JSON.stringify(seen)}`);
        }
        await connection.send("0\r\n\r\n");
      };
      const client = await site.dial();
      await client.send(`GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`);
      assert.match(await client.readUntil("\r\n\r\n"), new RegExp(`^content-encoding: ${coding}\r$`, "im"));
      for (;;) {
        const size = parseInt(await client.readUntil("\r\n"), 16);
        if (size === 0) break;
        decoder.write(await client.readExactly(size));
        await client.readUntil("\r\n");
      }
      assert.equal(seen, "one two three");
      client.close();
    });
  }
});
