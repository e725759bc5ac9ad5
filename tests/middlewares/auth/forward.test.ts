/** Forward authentication: the call, and every row of the table of outcomes (data-plane spec 4.3, 4.4). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpAnswer, HttpCall } from "../../../src/lib/http-call.ts";
import { parseVarString } from "../../../src/lib/var-string.ts";
import { forwardAuth } from "../../../src/middlewares/auth/forward.ts";
import { createAuthServices } from "../../../src/middlewares/auth/services.ts";
import { nodeDigests } from "../../../src/runtimes/node-digests.ts";
import type { ForwardAuthFilter } from "../../../src/table/filters.ts";
import { type FakeExchange, fakeExchange, type FakeOptions, type Outcome, run } from "../exchange.ts";

const FILTER: ForwardAuthFilter = {
  type: "forward-auth",
  url: ["http://auth.test:8080/auth"],
  method: "GET",
  requestHeaders: {},
  requestRedirect: null,
  upstreamHeaders: [],
  signin: null,
  alwaysSetCookie: false,
  connectMs: 5000,
  readMs: 5000,
  tls: { verify: true, ca: null },
  cache: null,
  allowedNetworks: [],
};

type Reply = HttpAnswer | Error | ((call: HttpCall) => Promise<HttpAnswer>);

interface Site {
  readonly calls: readonly HttpCall[];
  readonly reports: readonly unknown[];
  request(options?: FakeOptions): Promise<{ readonly outcome: Outcome; readonly exchange: FakeExchange }>;
}

/** A route with this filter in front of an authentication server that always says `reply`. */
function site(filter: Partial<ForwardAuthFilter>, reply: Reply = ok()): Site {
  const calls: HttpCall[] = [];
  const reports: unknown[] = [];
  const services = createAuthServices({
    digests: nodeDigests,
    report: (error) => void reports.push(error),
    call(call) {
      calls.push(call);
      if (reply instanceof Error) return Promise.reject(reply);
      return typeof reply === "function" ? reply(call) : Promise.resolve(reply);
    },
  });
  const middleware = forwardAuth({ ...FILTER, ...filter }, services, "tcp/80/default/r");
  return {
    calls,
    reports,
    async request(options = {}) {
      const exchange = fakeExchange(options);
      return { outcome: await run(middleware, exchange), exchange };
    },
  };
}

function ok(...headers: [string, string][]): HttpAnswer {
  return { status: 200, headers };
}

function status(code: number, ...headers: [string, string][]): HttpAnswer {
  return { status: code, headers };
}

/** Values of a field of the call, whatever its case. */
function sent(call: HttpCall | undefined, name: string): string[] {
  const fields = call?.headers ?? [];
  return fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

/** Lines of the edits, as the client gets them. */
function cookies(exchange: FakeExchange): string[] {
  return exchange.responseEdits.entries().filter(([name]) => name === "Set-Cookie").map(([, value]) => value);
}

describe("the call", () => {
  it("has the fields that ALB gives it, and those that servers behind proxies trust", async () => {
    const { calls, request } = site({});
    await request({
      headers: { accept: "text/html", cookie: "a=1" },
      method: "POST",
      requestUri: "/abc?x=1",
    });
    const [call] = calls;
    assert.equal(call?.method, "GET");
    assert.equal(call.url.href, "http://auth.test:8080/auth");
    assert.deepEqual(Object.fromEntries(call.headers), {
      Host: "auth.test",
      accept: "text/html",
      cookie: "a=1",
      "X-Original-URI": "/abc?x=1",
      "X-Original-URL": "http://a.com:8080/abc?x=1",
      "X-Original-Method": "POST",
      "X-Scheme": "http",
      "X-Sent-From": "alb",
      "X-Real-IP": "10.9.9.9",
      "X-Forwarded-For": "10.9.9.9",
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "a.com:8080",
      "X-Forwarded-Port": "80",
      "X-Forwarded-Uri": "/abc?x=1",
      "X-Forwarded-Method": "POST",
      "X-Auth-Request-Redirect": "/abc?x=1",
    });
  });

  it("has nothing of the request's body", async () => {
    const { calls, request } = site({ method: "POST" });
    const about = ["content-length", "transfer-encoding", "content-encoding", "expect", "trailer", "te"];
    await request({ method: "POST", headers: Object.fromEntries(about.map((name) => [name, "1"])) });
    for (const name of about) assert.deepEqual(sent(calls[0], name), [], name);
  });

  it("security: no client speaks for the gateway, in whatever spelling", async () => {
    const { calls, request } = site({ requestHeaders: { "X-Tenant": ["t1"] } });
    const names = ["x-real-ip", "x_original_url", "x.original.method", "x-sent-from", "x_forwarded_uri"];
    const others = ["x-auth-request-redirect", "x_auth_request_redirect", "x_tenant", "host"];
    await request({ headers: Object.fromEntries([...names, ...others].map((name) => [name, "evil"])) });
    assert.ok(calls[0]!.headers.every(([, value]) => value !== "evil"), JSON.stringify(calls[0]!.headers));
    assert.deepEqual(sent(calls[0], "x-real-ip"), ["10.9.9.9"]);
  });

  it("sees the request as header modification has left it", async () => {
    const { calls, request } = site({});
    const exchange = fakeExchange();
    exchange.requestEdits.set("X-A", "edited");
    await request({
      requestEdits: exchange.requestEdits,
      effectiveHeaders: () => exchange.requestEdits.entries(),
    });
    assert.deepEqual(sent(calls[0], "x-a"), ["edited"]);
  });

  it("has the fields of the ConfigMap, which win, as one line, or not at all when they are empty", async () => {
    const { calls, request } = site({
      requestHeaders: {
        "X-Real-IP": ["1.1.1.1"],
        Host: ["$http_host"],
        Lines: [" a\r\nX-Evil: 1 \n"],
        "X-Sent-From": [],
        "X-Start": ["t=", "$msec"],
      },
    });
    await request();
    assert.deepEqual(sent(calls[0], "x-real-ip"), ["1.1.1.1"]);
    assert.deepEqual(sent(calls[0], "host"), ["a.com:8080"]);
    assert.deepEqual(sent(calls[0], "lines"), ["a X-Evil: 1"]);
    assert.deepEqual(sent(calls[0], "x-sent-from"), []);
    assert.deepEqual(sent(calls[0], "x-start"), ["t=1700000000.123"]);
  });

  it("says where to go back to", async () => {
    const redirect = parseVarString("http://$host/$arg_id");
    const { calls, request } = site({ requestRedirect: redirect });
    await request({ query: "id=c1" });
    assert.deepEqual(sent(calls[0], "x-auth-request-redirect"), ["http://a.com/c1"]);
  });

  it("goes where variables say, and nowhere else", async () => {
    const { calls, request } = site({
      url: parseVarString("http://$host:1880/auth$uri?id=$arg_id&u=$http_u"),
    });
    await request({ query: "id=c1", effectivePath: "/x?y#z", headers: { u: "a#b" } });
    assert.equal(calls[0]?.url.href, "http://a.com:1880/auth/x%3Fy%23z?id=c1&u=a%23b");
  });

  const unbuilt: readonly [what: string, filter: Partial<ForwardAuthFilter>, FakeOptions, reason: string][] =
    [
      [
        "a variable of the URL has no value",
        { url: ["http://a/", "$arg_x"] },
        {},
        "variable arg_x has no value",
      ],
      ["a field has no value", { requestHeaders: { a: ["$http_x"] } }, {}, "variable http_x has no value"],
      ["the way back has no value", { requestRedirect: ["$arg_x"] }, {}, "variable arg_x has no value"],
      ["nobody knows a variable", { url: ["http://a/", "$nope"] }, {}, "variable nope has no value"],
      ["the URL is relative", { url: ["a.com"] }, {}, "not an absolute http or https URL"],
      [
        "the URL is of another scheme",
        { url: ["file:///etc/passwd"] },
        {},
        "not an absolute http or https URL",
      ],
      [
        "a variable makes another host of the URL",
        { url: ["http://", "$http_x", "auth.test/"] },
        { headers: { x: "evil.com@" } },
        "not an absolute http or https URL",
      ],
    ];
  for (const [what, filter, options, reason] of unbuilt) {
    it(`is not made, and the answer is 500, when ${what}`, async () => {
      const { calls, request } = site(filter);
      const { outcome, exchange } = await request(options);
      assert.ok(!outcome.next);
      assert.equal(outcome.response.status, 500);
      assert.equal(exchange.blamed?.reason, `AuthFail : build-auth-request-fail: ${reason}`);
      assert.deepEqual(calls, []);
    });
  }
});

describe("the outcome", () => {
  for (const code of [200, 202, 204, 299]) {
    it(`${code}: goes on`, async () => {
      const { outcome } = await site({}, status(code)).request();
      assert.equal(outcome.next, true);
    });
  }

  const refused: readonly [code: number, answered: number][] = [
    [401, 401],
    [403, 403],
    [301, 500],
    [302, 500],
    [304, 500],
    [404, 500],
    [429, 500],
    [500, 500],
    [503, 500],
  ];
  for (const [code, answered] of refused) {
    it(`${code}: ${answered}, with nothing of the server's but its challenge`, async () => {
      const answer = status(code, ["www-authenticate", "Bearer"], ["xx", "asf"], [
        "location",
        "http://a.com",
      ]);
      const { outcome, exchange } = await site({}, answer).request();
      assert.ok(!outcome.next);
      const { headers } = outcome.response;
      assert.equal(outcome.response.status, answered);
      assert.equal(exchange.blamed?.reason, `AuthFail : auth-service-status: ${code}`);
      assert.equal(headers.get("xx"), null);
      assert.equal(headers.get("location"), null);
      assert.equal(headers.get("www-authenticate"), code === 401 ? "Bearer" : null);
    });
  }

  it("401 with a place to log in: 302 there", async () => {
    const signin = parseVarString(
      "http://$host/start?rd=$pass_access_scheme://$http_host$escaped_request_uri",
    );
    const { outcome, exchange } = await site({ signin }, status(401, ["www-authenticate", "Bearer"]))
      .request();
    assert.ok(!outcome.next);
    assert.equal(outcome.response.status, 302);
    assert.equal(outcome.response.headers.get("location"), "http://a.com/start?rd=http://a.com:8080%2Fabc");
    assert.equal(outcome.response.headers.get("www-authenticate"), "Bearer");
    assert.equal(exchange.blamed, undefined);
  });

  it("401 with a place that cannot be named: 401", async () => {
    const { outcome, exchange } = await site({ signin: ["http://a/", "$arg_x"] }, status(401)).request();
    assert.ok(!outcome.next);
    assert.equal(outcome.response.status, 401);
    assert.equal(exchange.blamed?.reason, "AuthFail : resolve-signinurl-fail");
  });

  it("security: no request breaks out of Location", async () => {
    const signin = parseVarString("http://a/start?back=$http_x&u=$uri&p=$param_p");
    const options = {
      headers: { x: 'v#"<>\\ \x80' },
      effectivePath: "/a\r\nSet-Cookie: x=1?b",
      query: "p=%0d%0aX-Evil:1",
    };
    const { outcome } = await site({ signin }, status(401)).request(options);
    assert.ok(!outcome.next);
    const location = outcome.response.headers.get("location");
    assert.equal(
      location,
      "http://a/start?back=v%23%22%3C%3E%5C%20%80&u=/a%0D%0ASet-Cookie:%20x=1%3Fb&p=%0D%0AX-Evil%3A1",
    );
  });

  it("no answer: 500, and the operator learns why, once in a while", async () => {
    const { request, reports } = site({}, new Error("connect ECONNREFUSED"));
    for (let i = 0; i < 3; i++) {
      const { outcome, exchange } = await request();
      assert.ok(!outcome.next);
      assert.equal(outcome.response.status, 500);
      assert.equal(exchange.blamed?.reason, "AuthFail : send-auth-request-fail");
    }
    assert.equal(reports.length, 1);
    assert.match(String(reports[0]), /http:\/\/auth\.test:8080 did not answer/);
  });

  it("a client that leaves takes the call along", async () => {
    const abort = new AbortController();
    const reply = ({ signal }: HttpCall) =>
      new Promise<HttpAnswer>((_, reject) =>
        signal?.addEventListener("abort", () => reject(new Error("gone")))
      );
    const { request, reports } = site({}, reply);
    const pending = request({ abortSignal: abort.signal });
    await Promise.resolve();
    abort.abort();
    assert.equal((await pending).outcome.next, false);
    assert.deepEqual(reports, []);
  });
});

describe("identity", () => {
  const upstreamHeaders = ["X-User", "X-Groups", "Authorization"];

  it("comes from the server, all lines of it", async () => {
    const answer = ok(["x-user", "u"], ["x-groups", "a"], ["x-groups", "b"], ["x-other", "o"]);
    const { exchange } = await site({ upstreamHeaders }, answer).request();
    assert.deepEqual(exchange.requestEdits.entries(), [["X-User", "u"], ["X-Groups", "a"], [
      "X-Groups",
      "b",
    ]]);
  });

  it("security: never comes from the client, also where the server says nothing", async () => {
    const headers = { "x-user": "evil", "x_groups": "evil", authorization: "Bearer own" };
    const { calls, request } = site({ upstreamHeaders }, ok());
    const { outcome, exchange } = await request({ headers });
    assert.equal(outcome.next, true);
    for (const name of upstreamHeaders) {
      assert.equal(exchange.effectiveHeader(name.toLowerCase()), undefined, name);
    }
    // The server itself is shown what the client sent: it may be what it judges by.
    assert.deepEqual(sent(calls[0], "authorization"), ["Bearer own"]);
  });
});

describe("cookies", () => {
  const answer = ok(["set-cookie", "a=1"], ["set-cookie", "b=2"]);

  for (const code of [200, 201, 204, 206, 301, 302, 303, 304, 307, 308]) {
    it(`reach the client with ${code}`, async () => {
      const { exchange } = await site({}, answer).request();
      exchange.answer(code);
      assert.deepEqual(cookies(exchange), ["a=1", "b=2"]);
    });
  }

  it("reach it with other statuses only where they always shall", async () => {
    for (const alwaysSetCookie of [false, true]) {
      const { exchange } = await site({ alwaysSetCookie }, answer).request();
      exchange.answer(503);
      assert.deepEqual(cookies(exchange), alwaysSetCookie ? ["a=1", "b=2"] : []);
    }
  });

  it("of refusals too, sign-in redirects among them", async () => {
    for (const alwaysSetCookie of [false, true]) {
      for (const [code, answered] of [[403, 403], [401, 302]] as const) {
        const refusing = site(
          { alwaysSetCookie, signin: ["http://a/"] },
          status(code, ["set-cookie", "f=x"]),
        );
        const { outcome, exchange } = await refusing.request();
        assert.ok(!outcome.next);
        assert.equal(outcome.response.status, answered);
        exchange.answer(answered);
        assert.deepEqual(cookies(exchange), alwaysSetCookie ? ["f=x"] : []);
      }
    }
  });
});

describe("a cache key", () => {
  const cache = {
    key: ["$cookie_s"],
    lifetimes: [{ statuses: [200, 401], ms: 60_000 }, { statuses: [403], ms: 0 }],
  };
  const with_ = (session: string, more: FakeOptions = {}): FakeOptions => ({
    headers: { cookie: `s=${session}` },
    ...more,
  });

  it("remembers answers of the statuses listed", async () => {
    const { calls, request } = site({ cache, upstreamHeaders: ["X-User"] }, ok(["x-user", "u"]));
    await request(with_("1"));
    const { outcome, exchange } = await request(with_("1", { requestUri: "/other" }));
    assert.equal(outcome.next, true);
    assert.equal(exchange.effectiveHeader("x-user"), "u");
    assert.equal(calls.length, 1);
  });

  it("remembers of large answers what is needed of them", async () => {
    const { calls, request } = site({ cache }, ok(["x-other", "x".repeat(5000)]));
    await request(with_("1"));
    await request(with_("1"));
    assert.equal(calls.length, 1);
  });

  it("remembers refusals, and names the way back of each request", async () => {
    const signin = parseVarString("http://a/?rd=$escaped_request_uri");
    const { calls, request } = site({ cache, signin }, status(401));
    await request(with_("1"));
    const { outcome } = await request(with_("1", { requestUri: "/other" }));
    assert.ok(!outcome.next);
    assert.equal(outcome.response.headers.get("location"), "http://a/?rd=%2Fother");
    assert.equal(calls.length, 1);
  });

  const forgotten: readonly [what: string, reply: Reply, filter?: Partial<ForwardAuthFilter>][] = [
    ["another status", status(204)],
    ["a status with a lifetime of nothing", status(403)],
    ["failures of the call", new Error("ECONNREFUSED")],
    ["answers with a cookie", ok(["set-cookie", "a=1"])],
    ["answers that forbid it", ok(["cache-control", "max-age=60, No-Store"])],
    ["answers that are large", ok(["x-user", "x".repeat(5000)]), { upstreamHeaders: ["X-User"] }],
    ["anything without a key", ok(), { cache: null }],
  ];
  for (const [what, reply, filter] of forgotten) {
    it(`does not remember ${what}`, async () => {
      const { calls, request } = site({ cache, ...filter }, reply);
      await request(with_("1"));
      await request(with_("1"));
      assert.equal(calls.length, 2);
    });
  }

  it("without a value remembers nothing", async () => {
    const { calls, request } = site({ cache });
    await request();
    await request();
    assert.equal(calls.length, 2);
  });

  it("tells sessions, hosts, routes and configurations apart", async () => {
    const services = createAuthServices({
      digests: nodeDigests,
      report: () => {},
      call: () => Promise.resolve((count++, ok())),
    });
    let count = 0;
    const routes = [
      forwardAuth({ ...FILTER, cache }, services, "route 1"),
      forwardAuth({ ...FILTER, cache }, services, "route 2"),
      forwardAuth({ ...FILTER, cache, method: "HEAD" }, services, "route 1"),
    ];
    for (const middleware of routes) {
      for (const options of [with_("1"), with_("2"), with_("1", { host: "b.com" })]) {
        for (let i = 0; i < 2; i++) await run(middleware, fakeExchange(options));
      }
    }
    assert.equal(count, 9);
  });

  it("asks once for equal requests at the same time, without one no two are equal", async () => {
    for (const [key, expected] of [[cache, 1], [null, 20]] as const) {
      const { calls, request } = site({ cache: key }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return ok();
      });
      const all = await Promise.all(Array.from({ length: 20 }, () => request(with_("1"))));
      assert.ok(all.every(({ outcome }) => outcome.next));
      assert.equal(calls.length, expected);
    }
  });

  it("does not let one client's leaving end the call that others wait for", async () => {
    const { calls, request } = site({ cache });
    await request(with_("1"));
    assert.equal(calls[0]?.signal, undefined);
  });
});
