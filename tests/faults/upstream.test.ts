// slow: stalls are waited for at every stage
/**
 * An upstream that closes, stalls, resets or talks nonsense at every stage of an exchange. The client is told, or sees a
 * cut where the answer had begun; it never takes half an answer for a whole one, the next request is served, and nothing
 * is left behind.
 */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dial, requestText } from "../blackbox/harness/client.ts";
import type { Json } from "../blackbox/harness/gateway.ts";
import { readHead, readResponse } from "../blackbox/harness/message.ts";
import { rule, service, underPath } from "../blackbox/harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { type Connection, eventually, fromLatin1, latin1 } from "../blackbox/harness/wire.ts";

const READ_MS = 400;
const TIMEOUT = {
  proxy_connect_timeout_ms: 300,
  proxy_send_timeout_ms: READ_MS,
  proxy_read_timeout_ms: READ_MS,
};

/** How the upstream leaves. */
const ENDS = {
  closes: (upstream: Connection) => upstream.close(),
  "half-closes": (upstream: Connection) => upstream.halfClose(),
  resets: (upstream: Connection) => upstream.reset(),
  stalls: () => {},
} as const;
type End = keyof typeof ENDS;
const ALL_ENDS = Object.keys(ENDS) as End[];

const HEAD = "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 6\r\n\r\n";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n";
/** A chunked body, byte by byte up to its end. */
const CHUNKS = "3\r\nabc\r\n3;x=y\r\ndef\r\n0\r\nX-T: 1\r\n\r\n";

describe("an upstream that fails", () => {
  let site: Site;
  let good: Upstream;

  before(async () => {
    good = await startUpstream({ handler: () => reply(200, [], "good") });
    site = await startSite({
      handler: null,
      config: { timeout: TIMEOUT },
      objects: [
        rule({
          name: "two",
          frontend: "web",
          priority: 1,
          dslx: underPath("/two"),
          services: [{ name: "app" }, { name: "good" }],
          config: { timeout: TIMEOUT },
        }),
        rule({
          name: "good",
          frontend: "web",
          priority: 1,
          dslx: underPath("/good"),
          services: [{ name: "good" }],
        }),
        ...service({ name: "good", endpoints: [good.endpoint] }),
      ],
    });
    // Whatever is made once is made now.
    for (let n = 0; n < 5; n++) await site.request({ target: "/good" });
    descriptors = countDescriptors();
  });
  after(async () => {
    await stopSite(site);
    await good?.close();
  });

  let descriptors = 0;
  function countDescriptors(): number {
    return readdirSync(`/proc/${site.gateway.process.pid}/fd`).length;
  }

  /** One exchange: `act` plays the upstream once the request's head is there. Answers all that the client gets. */
  async function exchange(
    text: string,
    act: (upstream: Connection) => Promise<void> | void,
  ): Promise<string> {
    const client = await site.dial();
    await client.send(text);
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    await act(upstream);
    const got = latin1(await readAnswer(client));
    client.close();
    upstream.close();
    return got;
  }
  /** Up to the end of the connection, or until nothing more comes. */
  async function readAnswer(client: Connection): Promise<Uint8Array> {
    const pieces: number[] = [];
    for (;;) {
      const piece = await client.readSome().catch(() => new Uint8Array(0));
      if (piece.length === 0) return Uint8Array.from(pieces);
      pieces.push(...piece);
      if (/^HTTP\/1\.1 50[24][^]*\r\n\r\nX-Error: \d+\n$/.test(latin1(Uint8Array.from(pieces)))) {
        return Uint8Array.from(pieces);
      }
    }
  }
  function failsWith(got: string, end: End | "garbage", what: string): void {
    const [status, word] = end === "stalls" ? [504, "TimeoutViaBackend"] : [502, "UpstreamFail"];
    assert.match(
      got,
      new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nX-ALB-ERR-REASON: ${word} : [^]*X-Error: ${status}\n$`),
      what,
    );
  }
  /** The upstream by its own plan, the client's view of it all; then the gateway is as it was. */
  async function stillGood(): Promise<void> {
    assert.equal((await site.request({ target: "/good" })).body, "good");
  }

  for (const end of ALL_ENDS) {
    it(`${end} after accepting`, async () => {
      failsWith(await exchange(requestText({}), ENDS[end]), end, end);
      await stillGood();
    });

    it(`${end} within a request body with a length, and within a chunked one`, async () => {
      const big = "x".repeat(200_000);
      const texts = [
        requestText({ method: "PUT", body: big }),
        requestText({
          method: "PUT",
          fields: [["Transfer-Encoding", "chunked"]],
          body: `30d40\r\n${big}\r\n0\r\n\r\n`,
        }),
      ];
      for (const text of texts) {
        const got = await exchange(text, async (upstream) => {
          await upstream.readExactly(1000);
          ENDS[end](upstream);
        });
        failsWith(got, end, end);
      }
      await stillGood();
    });

    it(`${end} after any number of bytes of the answer's head`, async () => {
      const cuts = Array.from({ length: HEAD.length - 1 }, (_, n) => n + 1);
      // Each stall costs the read timeout, so those go side by side on connections of their own.
      for (const batch of batches(cuts, end === "stalls" ? 12 : 4)) {
        await Promise.all(batch.map(async (cut) => {
          failsWith(
            await exchange(requestText({}), async (upstream) => {
              await upstream.send(HEAD.slice(0, cut));
              ENDS[end](upstream);
            }),
            end,
            `${end} after ${cut} bytes`,
          );
        }));
      }
      await stillGood();
    });

    it(`${end} within a body with a length: the client sees the cut`, async () => {
      for (const sent of ["", "a", "abcde"]) {
        const got = await exchange(requestText({}), async (upstream) => {
          await upstream.send(HEAD + sent);
          ENDS[end](upstream);
        });
        assert.match(got, /\r\nContent-Length: 6\r\n/);
        assert.equal(got.split("\r\n\r\n")[1], sent);
      }
      await stillGood();
    });

    it(`${end} within a chunked body or its trailers: the client sees no end`, async () => {
      const cuts = Array.from({ length: CHUNKS.length - 1 }, (_, n) => n + 1);
      for (const batch of batches(cuts, end === "stalls" ? 12 : 4)) {
        await Promise.all(batch.map(async (cut) => {
          const got = await exchange(requestText({}), async (upstream) => {
            await upstream.send(CHUNKED + CHUNKS.slice(0, cut));
            ENDS[end](upstream);
          });
          const body = got.slice(got.indexOf("\r\n\r\n") + 4);
          assert.doesNotMatch(body, /0\r\n/, `${end} after ${cut} bytes`);
          const payload = [...body.matchAll(/\r\n([a-f]+)\r\n/g)].map(([, data]) => data).join("");
          assert.ok("abcdef".startsWith(payload), body);
        }));
      }
      await stillGood();
    });

    it(`${end} within a body that ends with the connection`, async () => {
      const got = await exchange(requestText({}), async (upstream) => {
        await upstream.send("HTTP/1.1 200 OK\r\n\r\nsome");
        ENDS[end](upstream);
      });
      const isWhole = end === "closes" || end === "half-closes";
      assert.match(got, /\r\n4\r\nsome\r\n/);
      assert.equal(got.endsWith("0\r\n\r\n"), isWhole, got);
      await stillGood();
    });

    it(`${end} within a tunnel: the other end learns it`, async () => {
      const client = await site.dial();
      await client.send(requestText({ fields: [["Connection", "Upgrade"], ["Upgrade", "echo"]] }));
      const upstream = await site.upstream.nextConnection();
      await readHead(upstream);
      await upstream.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello",
      );
      await readHead(client);
      ENDS[end](upstream);
      assert.equal(latin1(await client.readExactly(5).catch(() => fromLatin1("hello"))), "hello");
      await client.ended;
      client.close();
      await upstream.ended;
      upstream.close();
      await stillGood();
    });

    if (end === "stalls") continue;
    it(`${end} before the answer has begun, while another endpoint is there: nothing is lost`, async () => {
      const before = good.requests.length;
      let tried = 0;
      site.upstream.handler = async (_, upstream) => {
        await upstream.send(HEAD.slice(0, 5 * tried++));
        ENDS[end](upstream);
      };
      for (let n = 0; n < 10; n++) {
        const { status, body } = await site.request({ target: "/two" });
        assert.deepEqual([status, body], [200, "good"]);
      }
      site.upstream.handler = null;
      assert.ok(tried >= 4, "round robin has tried it");
      assert.equal(good.requests.length, before + 10);
    });
  }

  it("talks nonsense instead of an answer, or within it", async () => {
    const nonsense = [
      "\0\x01\x02\x03",
      "HTTP/2 200\r\n\r\n",
      "SSH-2.0-x\r\n",
      "HTTP/1.1 two\r\n\r\n",
      `${HEAD.slice(0, 20)}\0\r\n\r\n`,
    ];
    for (const text of nonsense) {
      failsWith(await exchange(requestText({}), (upstream) => upstream.send(text)), "garbage", text);
    }
    for (const chunks of ["zz\r\n", "3\r\nabcdef", "3\r\nabc\r\n0\r\n\0: 1\r\n\r\n", "-1\r\n"]) {
      const got = await exchange(requestText({}), (upstream) => upstream.send(CHUNKED + chunks));
      // Where the head came with it, it may not have left yet: then the client sees a connection that ends.
      assert.match(got, /^(HTTP\/1\.1 (200|502) |$)/);
      assert.doesNotMatch(got.slice(got.indexOf("\r\n\r\n")), /\r\n0\r\n/, chunks);
    }
    await stillGood();
  });

  it("answers before it has the request's body: the answer arrives", async () => {
    const client = await site.dial();
    await client.send(
      requestText({ method: "PUT", fields: [["Content-Length", "1000000"]], body: "x".repeat(1000) }),
    );
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    await upstream.send(reply(413, [["Connection", "close"]], "too large"));
    const response = await readResponse(client);
    assert.deepEqual([response.status, response.body], [413, "too large"]);
    client.close();
    upstream.close();
    await stillGood();
  });

  it("leaves no exchange, no connection and no descriptor behind", async () => {
    let now = 0;
    await eventually(async () => {
      now = countDescriptors();
      const idle = (await site.gateway.api("upstreams")).upstreams.flatMap(({ endpoints }: Json) => endpoints)
        .every(({ active }: Json) => active === 0);
      return idle && now <= descriptors + 2 &&
        await site.gateway.metric("albatross_requests_in_flight") === 0;
    }, () => `${now} descriptors, ${descriptors} before`);
    assert.deepEqual(
      site.gateway.process.stderr.filter((line) => /TypeError|ReferenceError|INTERNAL/.test(line)),
      [],
    );
  });

  it("refuses connections: the client is told, and served again when it is back", async () => {
    await site.upstream.close();
    const refused = await site.request();
    assert.equal(refused.status, 502);
    await stillGood();
    const { address, port } = site.upstream;
    const back = await startUpstream({ address, port, handler: () => reply(200, [], "back") });
    assert.equal((await site.request()).body, "back");
    await back.close();
    await dial({ host: site.host, port: site.port }).then((open) => open.close());
  });
});

function batches<T>(items: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, n) => items.slice(n * size, (n + 1) * size),
  );
}
