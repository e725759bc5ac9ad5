/** What each policy does with exchanges, answers and failures (data-plane spec 3.9). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBalancer } from "../../src/upstreams/balancers/mod.ts";
import type { Balancer } from "../../src/upstreams/balancers/balancer.ts";
import type { UpstreamEndpoint } from "../../src/upstreams/upstream.ts";
import { endpointsOf, exchange, type ExchangeOptions, type FakeExchange, tally, tools } from "./endpoints.ts";

const COOKIE = { policy: "cookie", cookie: "sid" } as const;
const SET_COOKIE = /^Set-Cookie: sid=([0-9.]+\.[0-9]+\.[0-9]{1,6}); Path=\/; HttpOnly$/;

/** A whole exchange in which every endpoint of `down` fails. */
function serve(
  balancer: Balancer,
  options: ExchangeOptions = {},
  down: readonly UpstreamEndpoint[] = [],
): { endpoint: UpstreamEndpoint; exchange: FakeExchange } {
  const served = exchange(options);
  const tried: UpstreamEndpoint[] = [];
  for (;;) {
    const endpoint = balancer.pick(tried, served);
    assert.ok(endpoint !== undefined, "nobody is left");
    tried.push(endpoint);
    if (down.includes(endpoint)) {
      balancer.failed?.(endpoint);
      continue;
    }
    balancer.answered?.(endpoint, served, 1);
    return { endpoint, exchange: served };
  }
}

function withCookie(text: string): ExchangeOptions {
  return { fields: { cookie: text } };
}

/** The value of the one cookie that was set. */
function cookieOf({ added }: FakeExchange): string {
  assert.equal(added.length, 1, `added: ${added}`);
  const value = SET_COOKIE.exec(added[0]!)?.[1];
  assert.ok(value !== undefined, `added: ${added}`);
  return value;
}

describe("every policy", () => {
  const policies = [
    { policy: "round-robin" },
    { policy: "sip-hash" },
    COOKIE,
    { policy: "header", header: "x-user" },
    { policy: "ewma" },
    { policy: "least-request" },
  ] as const;

  it("tries each endpoint once, those of weight 0 never, and then knows no more", () => {
    for (const balancing of policies) {
      const endpoints = endpointsOf(6, [50, 0, 1]);
      const balancer = createBalancer(balancing, endpoints, tools());
      for (const fields of [{}, { "x-user": "a", cookie: "sid=a" }]) {
        const served = exchange({ fields });
        const tried: UpstreamEndpoint[] = [];
        for (let next = balancer.pick(tried, served); next; next = balancer.pick(tried, served)) {
          tried.push(next);
        }
        assert.equal(new Set(tried).size, 4, balancing.policy);
        assert.equal(tried.length, 4, balancing.policy);
        assert.ok(tried.every(({ weight }) => weight > 0), balancing.policy);
      }
    }
  });

  it("uses all endpoints alike when all weights are 0", () => {
    for (const balancing of policies) {
      const endpoints = endpointsOf(4, [0]);
      const balancer = createBalancer(balancing, endpoints, tools());
      const hits = tally(
        endpoints,
        4000,
        (n) => balancer.pick([], exchange({ address: `192.0.2.${n}`, fields: { "x-user": `${n}` } })),
      );
      assert.ok(hits.every((count) => count > 600), `${balancing.policy}: ${hits}`);
    }
  });

  it("with no endpoint answers none, and goes on when some come", () => {
    for (const balancing of policies) {
      const empty = createBalancer(balancing, [], tools());
      assert.equal(empty.pick([], exchange()), undefined, balancing.policy);
      const [only] = endpointsOf(1);
      assert.equal(empty.renew([only!]).pick([], exchange()), only, balancing.policy);
    }
  });

  it("knows a tried endpoint again after a change of the table", () => {
    for (const balancing of policies.filter(({ policy }) => policy !== "round-robin")) {
      const [first, second] = endpointsOf(2);
      const renewed = createBalancer(balancing, [first!, second!], tools())
        .renew([{ ...first!, weight: 1 }, { ...second!, weight: 1 }]);
      for (let n = 0; n < 20; n++) {
        assert.equal(renewed.pick([first!], exchange())?.pool, second!.pool, balancing.policy);
      }
    }
  });
});

describe("sip-hash", () => {
  it("goes by the address of the client", () => {
    const balancer = createBalancer({ policy: "sip-hash" }, endpointsOf(5), tools());
    const homes = Array.from({ length: 50 }, (_, n) => serve(balancer, { address: `192.0.2.${n}` }).endpoint);
    assert.equal(new Set(homes).size, 5);
    homes.forEach((home, n) => assert.equal(serve(balancer, { address: `192.0.2.${n}` }).endpoint, home));
  });
});

describe("header", () => {
  const balancing = { policy: "header", header: "x-user" } as const;

  it("goes by the value that the endpoint gets, and sets nothing", () => {
    const balancer = createBalancer(balancing, endpointsOf(5), tools());
    const first = serve(balancer, { fields: { "x-user": "a" } });
    assert.deepEqual(first.exchange.added, []);
    for (const fields of [{ "x-user": "a" }, {}]) {
      assert.equal(serve(balancer, { fields, effective: { "x-user": "a" } }).endpoint, first.endpoint);
    }
  });

  it("sends requests without it, or with nothing in it, anywhere", () => {
    const endpoints = endpointsOf(2, [3, 1]);
    const balancer = createBalancer(balancing, endpoints, tools());
    for (const fields of [{}, { "x-user": "" }]) {
      const [often] = tally(endpoints, 4000, () => balancer.pick([], exchange({ fields })));
      assert.ok(often! > 2800 && often! < 3200, `${often} of 4000 to three quarters of the weight`);
    }
  });
});

describe("cookie", () => {
  it("is set where there is none, leads back, and is not set again", () => {
    const balancer = createBalancer(COOKIE, endpointsOf(5), tools());
    for (let n = 0; n < 50; n++) {
      const first = serve(balancer);
      const again = serve(balancer, withCookie(`a=b; sid=${cookieOf(first.exchange)}`));
      assert.equal(again.endpoint, first.endpoint);
      assert.deepEqual(again.exchange.added, []);
    }
  });

  it("spreads clients without one by weight", () => {
    const endpoints = endpointsOf(3, [1, 2, 1]);
    const balancer = createBalancer(COOKIE, endpoints, tools());
    const hits = tally(endpoints, 8000, () => serve(balancer).endpoint);
    [2000, 4000, 2000].forEach((fair, index) => {
      assert.ok(Math.abs(hits[index]! - fair) < 0.2 * fair, `${hits}`);
    });
  });

  it("may have any value, by its exact name; an empty one is none", () => {
    const balancer = createBalancer(COOKIE, endpointsOf(3), tools());
    for (const text of ["sid=app-made", 'SID=x; sid="a b"', "sid=é"]) {
      assert.deepEqual(serve(balancer, withCookie(text)).exchange.added, [], text);
    }
    for (const text of ["SID=x", "xsid=x", "sid", "sid="]) {
      cookieOf(serve(balancer, withCookie(text)).exchange);
    }
  });

  it("is Secure over TLS", () => {
    const balancer = createBalancer(COOKIE, endpointsOf(1), tools());
    assert.match(serve(balancer, { scheme: "https" }).exchange.added[0]!, /; Path=\/; Secure; HttpOnly$/);
  });

  it("of a client that had to be moved is replaced once, by one that leads to who answered", () => {
    const endpoints = endpointsOf(4, [100, 1]);
    const balancer = createBalancer(COOKIE, endpoints, tools());
    for (let n = 0; n < 100; n++) {
      const home = serve(balancer, withCookie(`sid=value-${n}`)).endpoint;
      const moved = serve(balancer, withCookie(`sid=value-${n}`), [home]);
      assert.notEqual(moved.endpoint, home);
      const settled = serve(balancer, withCookie(`sid=${cookieOf(moved.exchange)}`));
      assert.equal(settled.endpoint, moved.endpoint);
      assert.deepEqual(settled.exchange.added, []);
    }
  });

  it("is one, for who answered, also when a new client is tried on several endpoints", () => {
    const endpoints = endpointsOf(4);
    const balancer = createBalancer(COOKIE, endpoints, tools());
    const up = endpoints[2]!;
    for (let n = 0; n < 20; n++) {
      const { exchange } = serve(balancer, {}, endpoints.filter((each) => each !== up));
      assert.equal(serve(balancer, withCookie(`sid=${cookieOf(exchange)}`)).endpoint, up);
    }
  });

  it("of a client whose endpoint is gone is replaced once, and the client stays when the endpoint comes back", () => {
    const endpoints = endpointsOf(4);
    const before = createBalancer(COOKIE, endpoints, tools());
    const gone = serve(before, withCookie("sid=a")).endpoint;
    const without = before.renew(endpoints.filter((each) => each !== gone));
    const moved = serve(without, withCookie("sid=a"));
    assert.notEqual(moved.endpoint, gone);
    const value = cookieOf(moved.exchange);
    const settled = serve(without, withCookie(`sid=${value}`));
    assert.equal(settled.endpoint, moved.endpoint);
    assert.deepEqual(settled.exchange.added, []);
    // Whoever was elsewhere all the time keeps its cookie.
    for (let n = 0; n < 100; n++) {
      const fields = withCookie(`sid=value-${n}`);
      if (serve(before, fields).endpoint !== gone) {
        assert.deepEqual(serve(without, fields).exchange.added, []);
      }
    }
    assert.equal(serve(without.renew(endpoints), withCookie(`sid=${value}`)).endpoint, moved.endpoint);
  });
});

describe("ewma", () => {
  const balancing = { policy: "ewma" } as const;

  it("prefers who answers faster, tries everybody, and forgets", () => {
    const [fast, slow] = endpointsOf(2) as [UpstreamEndpoint, UpstreamEndpoint];
    const time = tools();
    const balancer = createBalancer(balancing, [fast, slow], time);
    const run = (times: number) =>
      tally([fast, slow], times, () => {
        const picked = balancer.pick([], exchange())!;
        balancer.answered!(picked, exchange(), picked === fast ? 1 : 100);
        time.time += 10;
        return picked;
      });
    const [, first] = run(500);
    assert.ok(first! >= 1 && first! < 10, `${first} of 500 to the slow one`);
    // A pause in which nobody asks says nothing about either: the next ones find out again.
    time.time += 10 * 60_000;
    assert.ok(run(20)[0]! > 10);
  });

  it("counts requests under way and weights", () => {
    const [idle, busy] = endpointsOf(2) as [UpstreamEndpoint, UpstreamEndpoint];
    const balancer = createBalancer(balancing, [idle, busy], tools());
    for (const each of [idle, busy]) balancer.answered!(each, exchange(), 10);
    busy.pool.active = 3;
    for (let n = 0; n < 20; n++) assert.equal(balancer.pick([], exchange()), idle);
    const [light, heavy] = endpointsOf(2, [1, 100]) as [UpstreamEndpoint, UpstreamEndpoint];
    const weighted = createBalancer(balancing, [light, heavy], tools());
    for (const each of [light, heavy]) weighted.answered!(each, exchange(), 10);
    heavy.pool.active = 50;
    for (let n = 0; n < 20; n++) assert.equal(weighted.pick([], exchange()), heavy);
  });

  it("takes one slow answer at its word, and a quick failure for a slow one", () => {
    const [steady, spiky] = endpointsOf(2) as [UpstreamEndpoint, UpstreamEndpoint];
    for (const trouble of ["slow", "failing"]) {
      const balancer = createBalancer(balancing, [steady, spiky], tools());
      for (let n = 0; n < 10; n++) {
        balancer.answered!(steady, exchange(), 20);
        balancer.answered!(spiky, exchange(), 1);
      }
      assert.equal(balancer.pick([], exchange()), spiky);
      if (trouble === "slow") balancer.answered!(spiky, exchange(), 1000);
      else balancer.failed!(spiky);
      for (let n = 0; n < 20; n++) assert.equal(balancer.pick([], exchange()), steady, trouble);
    }
  });

  it("remembers across changes of the table", () => {
    const [fast, slow, fresh] = endpointsOf(3) as [UpstreamEndpoint, UpstreamEndpoint, UpstreamEndpoint];
    const balancer = createBalancer(balancing, [fast, slow, fresh], tools());
    balancer.answered!(fast, exchange(), 1);
    balancer.answered!(slow, exchange(), 100);
    const renewed = balancer.renew([fast, slow]);
    for (let n = 0; n < 20; n++) assert.equal(renewed.pick([], exchange()), fast);
  });
});

describe("least-request", () => {
  const balancing = { policy: "least-request" } as const;

  it("takes the one with fewer requests under way for its weight", () => {
    const [first, second] = endpointsOf(2, [1, 3]) as [UpstreamEndpoint, UpstreamEndpoint];
    const balancer = createBalancer(balancing, [first, second], tools());
    [first.pool.active, second.pool.active] = [2, 5];
    for (let n = 0; n < 20; n++) assert.equal(balancer.pick([], exchange()), second);
    [first.pool.active, second.pool.active] = [2, 7];
    for (let n = 0; n < 20; n++) assert.equal(balancer.pick([], exchange()), first);
  });

  it("goes by weight where nothing is under way", () => {
    const endpoints = endpointsOf(3, [1, 2, 1]);
    const balancer = createBalancer(balancing, endpoints, tools());
    const hits = tally(endpoints, 8000, () => balancer.pick([], exchange()));
    [2000, 4000, 2000].forEach((fair, index) =>
      assert.ok(Math.abs(hits[index]! - fair) < 0.1 * fair, `${hits}`)
    );
  });

  it("never piles up: of 100 endpoints with 1,000 requests under way none has more than 15", () => {
    const endpoints = endpointsOf(100);
    const balancer = createBalancer(balancing, endpoints, tools());
    for (let n = 0; n < 1000; n++) balancer.pick([], exchange())!.pool.active++;
    assert.ok(Math.max(...endpoints.map(({ pool }) => pool.active)) <= 15);
  });
});
