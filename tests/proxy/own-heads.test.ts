/** Heads that a middleware had a hand in: their length, their date, and edits of the exchange that come late. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { MiddlewareHandler } from "hono";
import type { GatewayContext } from "../../src/middlewares/ports.ts";
import { answer, request, type Site, startSite } from "./harness/site.ts";

const exchangeOf = (c: Parameters<MiddlewareHandler>[0]) => (c as GatewayContext).env.exchange;

/** What the client gets for a request that the middleware answers. */
async function answered(handler: MiddlewareHandler, method = "GET"): Promise<string> {
  const site = startSite({ middlewares: { handler } });
  const client = site.client().send(request("/", "", "", method));
  await site.settle();
  const text = client.read();
  client.end();
  await site.settle();
  site.assertClean();
  return text;
}

/** What the upstream gets, and the client after an answer with these field lines. */
async function exchanged(
  handler: MiddlewareHandler,
  given: { readonly request?: string; readonly answer?: string } = {},
): Promise<{ readonly upstream: string; readonly client: string }> {
  const site: Site = startSite({ middlewares: { handler } });
  const client = site.client().send(request("/a%2Fb", given.request ?? ""));
  await site.settle();
  const upstream = site.accept();
  const seen = upstream.read();
  upstream.send(answer("ok", given.answer ?? ""));
  await site.settle();
  const text = client.read();
  client.end();
  await site.settle();
  site.assertClean();
  return { upstream: seen, client: text };
}

function count(text: string, name: string): number {
  return text.split("\r\n\r\n")[0]!.split("\r\n").filter((line) => line.toLowerCase().startsWith(`${name}:`))
    .length;
}

describe("the answer of a middleware", () => {
  it("goes out with its length, not in chunks, when it is there at once", async () => {
    for (
      const [body, length] of [["hello", 5], ["", 0], ["x".repeat(20_000), 20_000], [null, 0]] as const
    ) {
      const text = await answered(() => Promise.resolve(new Response(body)));
      assert.match(text, new RegExp(`\\r\\ncontent-length: ${length}\\r\\n`, "i"));
      assert.doesNotMatch(text, /transfer-encoding/i);
      assert.equal(text.slice(text.indexOf("\r\n\r\n") + 4).length, length);
    }
  });

  it("that comes bit by bit goes out in chunks, the first before the last is there", async () => {
    let close = () => {};
    const site = startSite({
      middlewares: {
        handler: () =>
          Promise.resolve(
            new Response(
              new ReadableStream({
                start(controller) {
                  controller.enqueue(new TextEncoder().encode("first"));
                  close = () => controller.close();
                },
              }),
            ),
          ),
      },
    });
    const client = site.client().send(request());
    await site.settle();
    assert.match(client.read(), /transfer-encoding: chunked\r\n(?:[^\r]+\r\n)*\r\n5\r\nfirst\r\n$/i);
    close();
    await site.settle();
    assert.match(client.read(), /0\r\n\r\n$/);
    client.end();
    await site.settle();
    site.assertClean();
  });

  it("that fails before its first byte is a 500", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("broken")) });
    const site = startSite({ middlewares: { handler: () => Promise.resolve(new Response(body)) } });
    const client = site.client().send(request());
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 500 /);
    client.end();
    await site.settle();
    site.assertClean();
  });

  it("to HEAD has the length that it announces and no body", async () => {
    const text = await answered(
      () => Promise.resolve(new Response(null, { headers: { "content-length": "7" } })),
      "HEAD",
    );
    assert.match(text, /content-length: 7\r\n(?:[^\r]+\r\n)*\r\n$/i);
  });
});

describe("Date", () => {
  const theirs = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  const touch: MiddlewareHandler = async (c, next) => {
    await next();
    c.res.headers.set("x-touched", "1");
  };
  const rebuild: MiddlewareHandler = async (c, next) => {
    exchangeOf(c).wantResponse();
    await next();
    c.res = new Response(await c.res.text(), c.res);
  };
  const edit: MiddlewareHandler = (c, next) => {
    exchangeOf(c).responseEdits.set("Date", "Mon, 07 Nov 1994 08:49:37 GMT");
    return next();
  };

  for (const [name, handler] of Object.entries({ touch, rebuild, edit })) {
    it(`is sent once through "${name}", whether the upstream sends one or not`, async () => {
      for (const lines of [theirs, ""]) {
        const { client } = await exchanged(handler, { answer: lines });
        assert.equal(count(client, "date"), 1, client);
      }
    });
  }

  it("of the upstream stays", async () => {
    const { client } = await exchanged(touch, { answer: theirs });
    assert.match(client, /^date: Sun, 06 Nov 1994/im);
  });
});

describe("edits of the exchange after a middleware has looked at or changed the request", () => {
  const late: MiddlewareHandler = (c, next) => {
    c.req.raw.headers.set("x-direct", "1");
    exchangeOf(c).requestEdits.set("X-Late", "2");
    exchangeOf(c).requestEdits.remove("x-gone");
    return next();
  };
  const read: MiddlewareHandler = (c, next) => {
    const { requestEdits } = exchangeOf(c);
    assert.equal(c.req.header("x-late"), undefined);
    requestEdits.add("X-Late", "2");
    assert.equal(c.req.header("x-late"), "2", "what was edited is seen");
    requestEdits.remove("x_gone");
    assert.equal(c.req.header("x-gone"), undefined);
    requestEdits.set("X-Direct", "1");
    return next();
  };
  const replace: MiddlewareHandler = (c, next) => {
    const headers = new Headers(c.req.raw.headers);
    headers.set("x-direct", "1");
    c.req.raw = new Request(c.req.url, { headers });
    exchangeOf(c).requestEdits.set("X-Late", "2");
    exchangeOf(c).requestEdits.remove("x-gone");
    return next();
  };
  const editThenReplace: MiddlewareHandler = (c, next) => {
    assert.equal(c.req.header("x-late"), undefined);
    exchangeOf(c).requestEdits.add("X-Late", "2");
    exchangeOf(c).requestEdits.remove("x-gone");
    const headers = new Headers(c.req.raw.headers);
    headers.set("x-direct", "1");
    c.req.raw = new Request(c.req.url, { headers });
    return next();
  };

  for (const [name, handler] of Object.entries({ late, read, replace, editThenReplace })) {
    it(`count once: "${name}"`, async () => {
      const { upstream } = await exchanged(handler, { request: "X-Gone: 1\r\nX-Kept: 1\r\n" });
      assert.match(upstream, /^x-direct: 1\r$/im);
      assert.match(upstream, /^x-late: 2\r$/im);
      assert.equal(count(upstream, "x-late"), 1);
      assert.match(upstream, /^x-kept: 1\r$/im);
      assert.equal(count(upstream, "x-gone"), 0);
      assert.match(upstream, /^GET \/a%2Fb /);
    });
  }

  it("a URL of which a middleware changed the query only leaves the path as it came, or as it was rewritten", async () => {
    const ask = (rewritten?: string): MiddlewareHandler => (c, next) => {
      if (rewritten !== undefined) exchangeOf(c).rewritePath(rewritten);
      const url = new URL(c.req.url);
      url.searchParams.set("added", "1");
      c.req.raw = new Request(url, { headers: c.req.raw.headers });
      return next();
    };
    assert.match((await exchanged(ask())).upstream, /^GET \/a%2Fb\?added=1 /);
    assert.match((await exchanged(ask("/b c"))).upstream, /^GET \/b%20c\?added=1 /);
  });

  it("a URL that a middleware names wins over a rewrite that it has seen", async () => {
    const { upstream } = await exchanged((c, next) => {
      exchangeOf(c).rewritePath("/rewritten");
      c.req.raw = new Request("http://a/named?q", { headers: c.req.raw.headers });
      return next();
    });
    assert.match(upstream, /^GET \/named\?q /);
  });
});
