/** Exchanges that pass Hono middlewares: what those may do, and what may happen meanwhile. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import type { MiddlewareHandler } from "hono";
import { answer, answersIn, request, type Site, startSite } from "./harness/site.ts";
import type { Peer } from "./harness/network.ts";

const MIB = 1024 * 1024;

const pass: MiddlewareHandler = (_c, next) => next();

/** Headers changed after the answer came. */
const mark: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set("x-mark", "1");
};

/** Body replaced by its upper case. */
const shout: MiddlewareHandler = async (c, next) => {
  await next();
  // A 204 must not even have an empty body.
  c.res = new Response((await c.res.text()).toUpperCase() || null, c.res);
};

/** Body streamed through a transform. */
const transform: MiddlewareHandler = async (c, next) => {
  await next();
  c.res = new Response(c.res.body?.pipeThrough(new TransformStream()) ?? null, c.res);
};

async function finish(site: Site, ...clients: Peer[]): Promise<void> {
  for (const client of clients) client.end();
  await site.settle();
  site.assertClean();
}

/** A promise and its resolver. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

/** The bytes behind a head, whatever frames them. */
function bodyOf(text: string): string {
  const at = text.indexOf("\r\n\r\n") + 4;
  if (!/^transfer-encoding: chunked/im.test(text.slice(0, at))) return text.slice(at);
  let body = "";
  let rest = text.slice(at);
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest);
    assert.ok(size !== null, `no chunk: ${JSON.stringify(rest.slice(0, 50))}`);
    const length = parseInt(size[1]!, 16);
    if (length === 0) return body;
    body += rest.slice(size[0].length, size[0].length + length);
    rest = rest.slice(size[0].length + length + 2);
  }
}

describe("a chain", () => {
  it("cannot make line ends of characters that are no bytes", async () => {
    // U+010D and U+010A have the codes of CR and LF in their low bytes.
    const set: MiddlewareHandler = (c, next) => {
      c.env.exchange.setUpstreamHost("a\u010d\u010aX-Injected: 1");
      c.env.exchange.requestEdits.set("x-set", "b\u010d\u010aX-Injected: 1");
      return next();
    };
    const site = startSite({ middlewares: { set } });
    const client = site.client().send(request());
    await site.settle();
    const upstream = site.accept();
    assert.doesNotMatch(upstream.received, /^X-Injected/im);
    upstream.send(answer("one"));
    await site.settle();
    await finish(site, client);
  });

  it("lets pass, marks, rewrites and streams", async () => {
    for (
      const [name, handler, body] of [["pass", pass, "one"], ["mark", mark, "one"], ["shout", shout, "ONE"], [
        "transform",
        transform,
        "one",
      ]] as const
    ) {
      for (
        const text of [
          answer("one"),
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n",
        ]
      ) {
        const site = startSite({ middlewares: { [name]: handler } });
        const client = site.client().send(request());
        await site.settle();
        const upstream = site.accept().send(text);
        await site.settle();
        assert.equal(bodyOf(client.read()), body, name);
        client.send(request("/2"));
        await site.settle();
        assert.match(upstream.read(), /GET \/2 /, "the connection is used again");
        upstream.send(answer("two"));
        await site.settle();
        assert.equal(bodyOf(client.read()), name === "shout" ? "TWO" : "two");
        await finish(site, client);
      }
    }
  });

  it("pipelined requests stay in order", async () => {
    const site = startSite({ middlewares: { shout } });
    const client = site.client().send(
      request("/1") + request("/2", "Content-Length: 3\r\n", "GET") + request("/3"),
    );
    await site.settle();
    const upstream = site.accept();
    for (const path of ["/1", "/2", "/3"]) {
      assert.match(upstream.read(), new RegExp(`^(GET|POST) ${path} `));
      upstream.send(answer(`body of ${path}`));
      await site.settle();
    }
    const text = client.read();
    assert.deepEqual(text.match(/BODY OF \/\d/g), ["BODY OF /1", "BODY OF /2", "BODY OF /3"]);
    await finish(site, client);
  });

  for (const [name, handler] of Object.entries({ pass, mark, shout, transform })) {
    it(`HEAD, 204 and 304 have no body through "${name}"`, async () => {
      const site = startSite({ middlewares: { [name]: handler } });
      const client = site.client().send(request("/", "", "", "HEAD"));
      await site.settle();
      const upstream = site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
      await site.settle();
      const head = client.read();
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(head, /\r\n\r\n$/);
      assert.match(head, /\r\ncontent-length: 10\r\n/i);
      for (const status of ["204 No Content", "304 Not Modified"]) {
        client.send(request("/2"));
        await site.settle();
        upstream.send(`HTTP/1.1 ${status}\r\nETag: "x"\r\n\r\n`);
        await site.settle();
        const text = client.read();
        assert.match(text, new RegExp(`^HTTP/1\\.1 ${status}\r\n`));
        assert.match(text, /\r\n\r\n$/);
        assert.equal(bodyOf(text), "");
      }
      client.send(request("/3"));
      await site.settle();
      upstream.send(answer("end"));
      await site.settle();
      assert.equal(bodyOf(client.read()).toLowerCase(), "end");
      await finish(site, client);
    });
  }

  it("an answer of another length than the upstream's is framed anew", async () => {
    const wrap: MiddlewareHandler = async (c, next) => {
      await next();
      c.res = new Response(`<<${await c.res.text()}>>`, c.res);
    };
    const cutShort: MiddlewareHandler = async (c, next) => {
      await next();
      c.res = new Response((await c.res.text()).slice(1), c.res);
    };
    for (const [handler, body] of [[wrap, "<<one>>"], [cutShort, "ne"]] as const) {
      const site = startSite({ middlewares: { handler } });
      const client = site.client().send(request());
      await site.settle();
      site.accept().send(answer("one"));
      await site.settle();
      assert.equal(bodyOf(client.read()), body);
      assert.equal(client.closed, false);
      await finish(site, client);
    }
  });

  it("an answer of its own ends the request body, the connection goes on", async () => {
    const site = startSite({ middlewares: { own: (c) => Promise.resolve(c.text("mine", 403)) } });
    const client = site.client().send(request("/1", "Content-Length: 5\r\n", "GET") + " /" + request("/2"));
    await site.settle();
    const text = client.read();
    assert.equal(text.match(/HTTP\/1\.1 403/g)?.length, 2);
    assert.equal(site.network.dials.length, 0);
    assert.deepEqual(site.refused, []);
    await finish(site, client);
  });

  it("a text without a type is plain text, on every runtime, and has its phrase", async () => {
    const answers: readonly [body: BodyInit, type: string | undefined][] = [
      ["<script>é", "text/plain;charset=UTF-8"],
      [new Uint8Array([0x89, 0x50, 0x4e, 0x47]), undefined],
      [new Uint8Array([0, 1, 2]), undefined],
    ];
    for (const [body, type] of answers) {
      for (const replaces of [false, true]) {
        const own: MiddlewareHandler = async (c, next) => {
          if (replaces) await next();
          c.res = new Response(body, { status: 201 });
        };
        const site = startSite({ middlewares: { own } });
        const client = site.client().send(request());
        await site.settle();
        if (replaces) site.accept().send(answer("html", "Content-Type: text/html\r\n"));
        await site.settle();
        const head = client.read().split("\r\n\r\n")[0] ?? "";
        assert.match(head, /^HTTP\/1\.1 201 Created\r\n/);
        assert.equal(/^content-type: (.*)$/im.exec(head)?.[1]?.trim(), type, `${body} ${replaces}`);
        await finish(site, client);
      }
    }
  });

  it("HEAD has the fields that GET has, type and length of a text among them, and no body", async () => {
    const own: Readonly<Record<string, () => Response>> = {
      text: () => new Response("<script>é"),
      empty: () => new Response(""),
      typed: () => new Response("{}", { headers: { "content-type": "application/json" } }),
      bytes: () => new Response(new Uint8Array([0, 1, 2])),
    };
    for (const [name, respond] of Object.entries(own)) {
      const heads = [];
      for (const method of ["GET", "HEAD"]) {
        const site = startSite({ middlewares: { own: () => Promise.resolve(respond()) } });
        const client = site.client().send(request("/", "", "", method));
        await site.settle();
        const [head = "", ...body] = client.read().split("\r\n\r\n");
        heads.push(head.split("\r\n").filter((line) => !line.startsWith("Date:")));
        if (method === "HEAD") assert.deepEqual(body, [""], name);
        await finish(site, client);
      }
      assert.deepEqual(heads[1], heads[0], name);
      if (name === "text") assert.match(heads[1]!.join("\n"), /content-type: text\/plain;charset=UTF-8/i);
    }
  });

  it("HEAD does not wait for a body that never ends, and nobody makes more of it", async () => {
    let pulls = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull(controller) {
        pulls++;
        controller.enqueue(new Uint8Array(1000));
      },
      cancel: () => void (cancelled = true),
    });
    const site = startSite({ middlewares: { own: () => Promise.resolve(new Response(endless)) } });
    const client = site.client().send(request("/", "", "", "HEAD"));
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 200 OK\r\n([^\r]+\r\n)+\r\n$/);
    assert.ok(cancelled && pulls < 100, `${pulls} pulls`);
    await finish(site, client);
  });

  it("an answer put in the place of the upstream's closes the upstream's connection", async () => {
    const replace: MiddlewareHandler = async (c, next) => {
      await next();
      c.res = new Response("mine");
    };
    const site = startSite({ middlewares: { replace } });
    const client = site.client().send(request());
    await site.settle();
    const upstream = site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    await site.settle();
    assert.equal(bodyOf(client.read()), "mine");
    assert.equal(upstream.closed, true);
    await finish(site, client);
  });

  it("a body that fails while it is streamed is seen as cut", async () => {
    for (const handler of [pass, mark, transform]) {
      const site = startSite({ middlewares: { handler } });
      const client = site.client().send(request());
      await site.settle();
      const upstream = site.accept().send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
      );
      await site.settle();
      upstream.reset();
      await site.settle();
      assert.equal(client.closed, true);
      assert.doesNotMatch(client.received, /0\r\n\r\n$/);
      site.assertClean();
    }
  });

  it("a body that fails while a middleware reads it is that middleware's failure", async () => {
    const site = startSite({ middlewares: { shout } });
    const client = site.client().send(request());
    await site.settle();
    const upstream = site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    await site.settle();
    upstream.reset();
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 50[02] /);
    assert.equal(client.closed, false);
    client.end();
    await site.settle();
    site.faults.length = 0;
    site.assertClean();
  });

  it("failures of the upstream and of middlewares pass it like answers", async () => {
    const failing: MiddlewareHandler = () => Promise.reject(new Error("on purpose"));
    const after: MiddlewareHandler = async (_c, next) => {
      await next();
      throw new Error("on purpose");
    };
    const refused = startSite({ middlewares: { mark } });
    const client = refused.client().send(request());
    await refused.settle();
    refused.network.dial().refuse();
    await refused.settle();
    assert.match(client.read(), /^HTTP\/1\.1 502 [\s\S]*\r\nx-mark: 1\r\n/);
    await finish(refused, client);

    for (const broken of [failing, after]) {
      const site = startSite({ middlewares: { mark, broken } });
      const client = site.client().send(request());
      await site.settle();
      if (broken === after) {
        site.accept().send(answer("one", "Content-Encoding: gzip\r\nETag: x\r\n"));
        await site.settle();
      }
      const text = client.read();
      assert.match(text, /^HTTP\/1\.1 500 [\s\S]*\r\nX-ALB-ERR-REASON: MiddlewareFail : broken\r\n/);
      assert.match(text, /\r\nx-mark: 1\r\n/);
      assert.doesNotMatch(text, /content-encoding|etag/i, "what was said of the upstream's body");
      assert.equal(bodyOf(text), "X-Error: 500\n");
      assert.deepEqual(site.faults.map((fault) => ((fault as Error).cause as Error).message), ["on purpose"]);
      site.faults.length = 0;
      await finish(site, client);
    }
  });

  it("informational answers pass it", async () => {
    const site = startSite({ middlewares: { mark } });
    const client = site.client().send(request());
    await site.settle();
    site.accept().send("HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + answer("one"));
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 103 Early\r\nLink: a\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    await finish(site, client);
  });

  it("OPTIONS * has a URL", async () => {
    let url = "";
    const look: MiddlewareHandler = (c, next) => {
      url = new URL(c.req.url).href;
      return next();
    };
    const site = startSite({ middlewares: { look } });
    const client = site.client().send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    await site.settle();
    // The route of this site wants a path: what counts is that nothing breaks.
    assert.match(client.read(), /^HTTP\/1\.1 404 /);
    assert.equal(url, "");
    await finish(site, client);
  });
});

describe("back-pressure through a chain", () => {
  for (const [name, handler] of Object.entries({ pass, mark, transform })) {
    it(`a slow client slows the upstream through "${name}"`, async () => {
      const site = startSite({ middlewares: { [name]: handler } });
      const client = site.client().limit(1000).send(request());
      await site.settle();
      const part = "x".repeat(64 * 1024);
      const upstream = site.accept();
      upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${32 * part.length}\r\n\r\n${part}`);
      await site.settle();
      let sent = 1;
      while (sent < 32 && !upstream.paused) {
        upstream.send(part);
        sent++;
        await site.settle();
      }
      assert.equal(upstream.paused, true, "the upstream is held back");
      assert.ok(client.pending <= 4 * part.length, `${client.pending} bytes wait`);
      client.take(Infinity);
      await site.settle();
      for (; sent < 32; sent++) {
        upstream.send(part);
        await site.settle();
      }
      assert.equal(bodyOf(client.received).length, 2 * MIB);
      await finish(site, client);
    });
  }
});

describe("a client that goes away from a chain", () => {
  it("while a middleware works: nothing is sent to the upstream", async () => {
    const busy = gate();
    const slow: MiddlewareHandler = async (_c, next) => {
      await busy.opened;
      await next();
    };
    for (const handlers of [{ slow }, { slow, mark }]) {
      const site = startSite({ middlewares: handlers });
      const client = site.client().send(request());
      await site.settle();
      client.reset();
      busy.open();
      await site.settle();
      assert.equal(site.network.dials.length, 0);
      assert.deepEqual(site.records.map(({ status }) => status), [499]);
      site.assertClean();
    }
  });

  it("while the upstream works: whoever waits behind next() goes on", async () => {
    let ended = 0;
    const count: MiddlewareHandler = async (_c, next) => {
      try {
        await next();
      } finally {
        ended++;
      }
    };
    for (const half of ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]) {
      const site = startSite({ middlewares: { count, pass } });
      const client = site.client().send(request());
      await site.settle();
      const upstream = site.accept();
      if (half !== "") upstream.send(half);
      await site.settle();
      client.reset();
      await site.settle();
      assert.equal(upstream.closed, true);
      assert.equal(ended, 1);
      ended = 0;
      site.assertClean();
    }
  });

  it("while a middleware reads the answer: it is told", async () => {
    let seen: unknown;
    const read: MiddlewareHandler = async (c, next) => {
      await next();
      seen = await c.res.text().catch((error) => error);
    };
    const site = startSite({ middlewares: { read } });
    const client = site.client().send(request());
    await site.settle();
    site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    await site.settle();
    client.reset();
    await site.settle();
    assert.ok(seen instanceof Error, `${seen}`);
    site.faults.length = 0;
    site.assertClean();
  });

  it("while a middleware reads the request: it is told, whether the client resets, ends or falls silent", async () => {
    for (const how of ["reset", "end", "silence"] as const) {
      let seen: unknown;
      let aborted = false;
      const read: MiddlewareHandler = async (c, next) => {
        c.req.raw.signal.addEventListener("abort", () => aborted = true);
        seen = await c.req.text().catch((error) => error);
        await next();
      };
      const site = startSite({ middlewares: { read } });
      const client = site.client().send(request("/", "Content-Length: 10\r\n", "abc"));
      await site.settle();
      if (how === "silence") site.clock.advance(61_000);
      else client[how]();
      await site.settle();
      assert.ok(seen instanceof Error, `${how}: ${seen}`);
      assert.equal(aborted, true);
      assert.equal(site.network.dials.length, 0);
      if (how === "silence") client.end();
      await site.settle();
      site.faults.length = 0;
      site.assertClean();
    }
  });
});

describe("request bodies in a chain", () => {
  const read: MiddlewareHandler = async (c, next) => {
    await c.req.text();
    await next();
  };

  it("are forwarded after they were read", async () => {
    for (
      const framed of [
        request("/", "Content-Length: 5\r\n", "hello"),
        request("/", "Transfer-Encoding: chunked\r\n", "") + "5\r\nhello\r\n0\r\n\r\n",
      ]
    ) {
      const site = startSite({ middlewares: { read } });
      const client = site.client().send(framed.slice(0, -4), framed.slice(-4));
      await site.settle();
      const upstream = site.accept();
      assert.match(upstream.read(), /hello(\r\n0\r\n\r\n)?$/);
      upstream.send(answer("ok"));
      await site.settle();
      assert.equal(answersIn(client.read()).length, 1);
      await finish(site, client);
    }
  });

  it("a client that expects 100 gets it when a middleware reads", async () => {
    const site = startSite({ middlewares: { read } });
    const client = site.client().send(
      request("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", "", "PUT"),
    );
    await site.settle();
    assert.equal(client.read(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    await site.settle();
    const upstream = site.accept().send(answer("ok"));
    await site.settle();
    assert.match(upstream.read(), /hello$/);
    assert.deepEqual(answersIn(client.read()), [[200, "ok"]]);
    await finish(site, client);
  });

  it("that are too large to be read are a 413", async () => {
    const site = startSite({
      middlewares: { read },
      limits: { maxBufferedBodyBytes: 1000, maxReplayBytes: 100 },
    });
    const client = site.client().send(
      request("/", "Content-Length: 5000\r\n", "x".repeat(900)),
      "x".repeat(4100),
    );
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 413 /);
    assert.equal(site.network.dials.length, 0);
    await finish(site, client);
  });

  it("that are too large, read by a middleware that does not mind, are not sent in part", async () => {
    const careless: MiddlewareHandler = async (c, next) => {
      await c.req.text().catch(() => {});
      await next();
    };
    const site = startSite({
      middlewares: { careless },
      limits: { maxBufferedBodyBytes: 1000, maxReplayBytes: 100 },
    });
    const client = site.client().send(
      request("/", "Content-Length: 5000\r\n", "x".repeat(900)),
      "x".repeat(4100),
    );
    await site.settle();
    assert.match(client.read(), /^HTTP\/1\.1 (413|500) /);
    assert.equal(site.network.dials.length, 0);
    client.end();
    await site.settle();
    site.faults.length = 0;
    site.assertClean();
  });

  it("replaced by others do not become the next request", async () => {
    const replace: MiddlewareHandler = async (c, next) => {
      c.req.raw = new Request("http://a/replaced", { method: "POST", body: "mine" });
      await next();
    };
    const smuggled = request("/smuggled");
    const site = startSite({ middlewares: { replace } });
    const client = site.client().send(request("/1", `Content-Length: ${smuggled.length}\r\n`, ""));
    await site.settle();
    const upstream = site.accept();
    assert.match(upstream.read(), /^POST \/replaced HTTP\/1\.1\r\n[\s\S]*\r\n\r\nmine$/);
    upstream.send(answer("ok"));
    await site.settle();
    client.send(smuggled);
    await site.settle();
    assert.equal(upstream.read(), "", "the rest of the body is not a request");
    client.send(request("/2"));
    await site.settle();
    assert.match(upstream.read(), /^POST \/replaced /);
    upstream.send(answer("ok"));
    await site.settle();
    assert.deepEqual(site.records.map(({ target }) => target), ["/1", "/2"]);
    await finish(site, client);
  });
});

describe("requests changed in a chain", () => {
  it("another method decides how the answer is read", async () => {
    const toGet: MiddlewareHandler = async (c, next) => {
      c.req.raw = new Request("http://a/", { method: "GET" });
      await next();
    };
    const site = startSite({ middlewares: { toGet } });
    const client = site.client().send(request("/", "", "", "HEAD"));
    await site.settle();
    const upstream = site.accept();
    assert.match(upstream.read(), /^GET \/ /);
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    await site.settle();
    assert.equal(site.pools()[0]!.idleCount, 0, "the body is still to come");
    upstream.send("hello");
    await site.settle();
    assert.match(client.read(), /content-length: 5\r\n([^\r]+\r\n)*\r\n$/i);
    await finish(site, client);
  });

  it("to HEAD: the client of a GET is not left waiting for a body", async () => {
    const toHead: MiddlewareHandler = async (c, next) => {
      c.req.raw = new Request("http://a/", { method: "HEAD" });
      await next();
    };
    const site = startSite({ middlewares: { toHead } });
    const client = site.client().send(request("/"));
    await site.settle();
    site.accept().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    await site.settle();
    const text = client.read();
    assert.ok(client.ended || /content-length: 0\r\n/i.test(text), text);
    await finish(site, client);
  });

  it("changed fields do not bring back those that end at this hop", async () => {
    const change: MiddlewareHandler = async (c, next) => {
      c.req.raw.headers.set("x-added", "1");
      await next();
    };
    const site = startSite({ middlewares: { change } });
    const client = site.client().send(
      request("/", "Connection: x-secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nX-Kept: 1\r\n"),
    );
    await site.settle();
    const upstream = site.accept();
    const head = upstream.read().toLowerCase();
    assert.match(head, /\r\nx-added: 1\r\n/);
    assert.match(head, /\r\nx-kept: 1\r\n/);
    assert.doesNotMatch(head, /x-secret|keep-alive/);
    upstream.send(answer("ok"));
    await site.settle();
    await finish(site, client);
  });

  it("a Request made anew from the old keeps the target as it was received", async () => {
    const renew: MiddlewareHandler = async (c, next) => {
      c.req.raw = new Request(c.req.url, { headers: { "x-new": "1" } });
      await next();
    };
    const site = startSite({ middlewares: { renew } });
    const client = site.client().send(request("/a//b/../c%2e?x=%7e"));
    await site.settle();
    const upstream = site.accept();
    const head = upstream.read();
    assert.match(head, /^GET \/a\/\/b\/\.\.\/c%2e\?x=%7e HTTP\/1\.1\r\n/);
    assert.match(head, /\r\nx-new: 1\r\n/);
    upstream.send(answer("ok"));
    await site.settle();
    await finish(site, client);
  });
});

describe("what others wrote into heads", () => {
  it("an https target without TLS is served for trusted peers, which may have had it over TLS", async () => {
    for (const trustedProxies of [[], ["203.0.113.0/24"]]) {
      const site = startSite({ trustedProxies });
      const client = site.client().send("GET https://a.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n");
      await site.settle();
      if (trustedProxies.length === 0) {
        assert.match(client.read(), /^HTTP\/1\.1 400 [^]*https target on a connection without TLS\r\n/);
      } else {
        const upstream = site.accept();
        assert.match(upstream.read(), /^GET \/x HTTP\/1\.1\r\nHost: a\.example\r\n/);
        upstream.send(answer("ok"));
        await site.settle();
      }
      await finish(site, client);
    }
  });

  it("what a client says like a proxy reaches no middleware; what a middleware says goes on", async () => {
    let shown: (string | undefined)[] = [];
    const own: MiddlewareHandler = (c, next) => {
      shown = [c.req.header("forwarded"), c.req.header("x-forwarded-prefix"), c.req.header("x-a")];
      c.req.raw.headers.set("X-Forwarded-Prefix", "/own");
      return next();
    };
    for (const trustedProxies of [[], ["203.0.113.0/24"]]) {
      const site = startSite({ middlewares: { own }, trustedProxies });
      const fields =
        "Forwarded: for=6.6.6.6\r\nX-Forwarded-Prefix: /p\r\nX_Forwarded_Prefix: /q\r\nX-A: 1\r\n";
      const client = site.client().send(request("/", fields));
      await site.settle();
      const upstream = site.accept();
      const isTrusted = trustedProxies.length > 0;
      assert.deepEqual(shown, isTrusted ? ["for=6.6.6.6", "/p", "1"] : [undefined, undefined, "1"]);
      const lines = upstream.read().split("\r\n").filter((line) =>
        /^(forwarded|x.forwarded.prefix):/i.test(line)
      );
      assert.deepEqual(
        lines.map((line) => line.toLowerCase()).sort(),
        [...(isTrusted ? ["forwarded: for=6.6.6.6"] : []), "x-forwarded-prefix: /own"],
      );
      upstream.send(answer("ok"));
      await site.settle();
      await finish(site, client);
    }
  });

  it("a reason with line ends stays one line", async () => {
    const site = startSite({
      refusal: { status: 500, reason: "bad\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK \u4e2d" },
    });
    const client = site.client().send(request());
    await site.settle();
    const text = client.read();
    assert.match(text, /^HTTP\/1\.1 500 /);
    assert.doesNotMatch(text, /\r\nSet-Cookie|\r\nHTTP/);
    await finish(site, client);
  });

  it("an underscored X_Forwarded_For of a client behind a trusted proxy is not believed", async () => {
    const site = startSite({ trustedProxies: ["203.0.113.0/24"] });
    const client = site.client().send(
      request("/", "X_Forwarded_For: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\nX-Forwarded-For: 198.51.100.7\r\n"),
    );
    const upstream = site.accept();
    const head = upstream.read();
    assert.match(head, /\r\nX-Real-IP: 198\.51\.100\.7\r\n/);
    assert.doesNotMatch(head, /6\.6\.6\.6/);
    upstream.send(answer("ok"));
    assert.equal(site.records[0]!.clientAddress, "198.51.100.7");
    await finish(site, client);
  });
});
