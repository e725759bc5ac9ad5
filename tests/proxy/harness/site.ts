/** One listener of the gateway on a {@link Network} in memory, under a clock that the test moves. */
import assert from "node:assert/strict";
import { atOnce } from "../../../src/lib/steps.ts";
import type { MiddlewareHandler } from "hono";
import { TICK_MS, TimerWheel } from "../../../src/lib/timer-wheel.ts";
import { createAuthServices } from "../../../src/middlewares/auth/services.ts";
import { createServe } from "../../../src/proxy/app.ts";
import type { CompiledListener } from "../../../src/proxy/compiled.ts";
import { compileListener } from "../../../src/proxy/compile.ts";
import { DEFAULT_LIMITS, type ProxyLimits } from "../../../src/proxy/limits.ts";
import { ServedListener } from "../../../src/proxy/served-listener.ts";
import type { UpstreamConnection } from "../../../src/proxy/upstream-connection.ts";
import { nodeCodings } from "../../../src/runtimes/node-codings.ts";
import { nodeDigests } from "../../../src/runtimes/node-digests.ts";
import type { Filter } from "../../../src/table/filters.ts";
import type {
  ClientKeepalive,
  GatewaySettings,
  Listener,
  Route,
  Upstream,
} from "../../../src/table/table.ts";
import type { ExchangeRecord } from "../../../src/telemetry/record.ts";
import { type EndpointPool } from "../../../src/upstreams/pool.ts";
import { UpstreamRegistry } from "../../../src/upstreams/upstream.ts";
import { Network, type Peer } from "./network.ts";

/** Time that stands still until the test moves it. */
export class TestClock {
  #now = 1_000_000;
  #tick: (() => void) | undefined;
  /** Ticks asked for and not given back: 1 while a timer is armed. */
  running = 0;

  now(): number {
    return this.#now;
  }

  every(_ms: number, tick: () => void): () => void {
    this.#tick = tick;
    this.running++;
    return () => {
      this.#tick = undefined;
      this.running--;
    };
  }

  /** Moves time on, with a tick at every step. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.#now < end) {
      this.#now = Math.min(end, this.#now + TICK_MS);
      this.#tick?.();
    }
  }
}

export interface SiteOptions {
  readonly limits?: Partial<ProxyLimits>;
  /** Middlewares by name; each is put into the chain of the route, in order. */
  readonly middlewares?: Readonly<Record<string, MiddlewareHandler>>;
  /** Ports of the endpoints, on 10.0.0.1. */
  readonly endpoints?: readonly number[];
  readonly timeouts?: Partial<Route["timeouts"]>;
  readonly keepalive?: Partial<ClientKeepalive>;
  readonly trustedProxies?: readonly string[];
  readonly refusal?: Route["refusal"];
  /** Of the route, beside the middlewares. */
  readonly filters?: readonly Filter[];
  /** As the gateway names itself on answers. */
  readonly via?: string;
  /** Every request goes through the chain, also one that need not. */
  readonly alwaysChain?: boolean;
}

export interface Site {
  readonly network: Network;
  readonly clock: TestClock;
  readonly listener: ServedListener;
  /** Exchanges that have ended. */
  readonly records: ExchangeRecord[];
  /** Codes of what was refused before it became an exchange. */
  readonly refused: string[];
  /** Faults that were reported. */
  readonly faults: unknown[];
  /** Exchanges under way, as the observer was told. */
  active(): number;
  connections(): number;
  pools(): readonly EndpointPool<UpstreamConnection>[];
  client(address?: string): Peer;
  /** Accepts the dial under way, and reads what the upstream got. */
  accept(): Peer;
  settle(): Promise<void>;
  /** Fails when anything of this site is left open: sockets, dials, timers, counters. */
  assertClean(): void;
}

const GATEWAY: GatewaySettings = {
  name: "albatross",
  namespace: "default",
  implicit: true,
  labelDomain: "cpaas.io",
  trustedProxies: [],
  listen: { nics: [], ipv6: true, backlog: null },
};

export function startSite(options: SiteOptions = {}): Site {
  const network = new Network();
  const clock = new TestClock();
  const wheel = new TimerWheel(clock);
  const limits: ProxyLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const records: ExchangeRecord[] = [];
  const refused: string[] = [];
  const faults: unknown[] = [];
  const report = (error: unknown) => void faults.push(error);
  const app = { runtime: network.runtime, limits, wheel, report };
  const upstreams = new UpstreamRegistry<UpstreamConnection>(limits);
  upstreams.update({ up: upstreamOf(options.endpoints ?? [8080]) });
  const middlewares = Object.entries(options.middlewares ?? {});
  const asCompiled = atOnce(compileListener(
    { ...GATEWAY, trustedProxies: options.trustedProxies ?? [] },
    listenerOf(options, middlewares.map(([name]) => name)),
    undefined,
    {
      app,
      upstreams,
      middlewares: {
        codings: nodeCodings,
        registry: new Map(middlewares.map(([name, handler]) => [name, () => handler])),
        auth: createAuthServices({
          call: () => Promise.reject(new Error("nobody can be called")),
          digests: nodeDigests,
          report,
        }),
      },
    },
  ));
  const compiled = options.alwaysChain === true ? withChainsAlways(asCompiled) : asCompiled;
  let active = 0;
  let connections = 0;
  const listener = new ServedListener(compiled, {
    wheel,
    limits,
    report,
    serve: createServe(app),
    observer: {
      exchangeEnded: (record) => void records.push(record),
      requestRefused: ({ errorCode }) => void refused.push(errorCode),
      connectionChanged: (_port, delta) => void (connections += delta),
      activeChanged: (_port, delta) => void (active += delta),
    },
    closed() {},
  });
  network.listen((socket) => listener.accept(socket));
  const pools = () =>
    [...upstreams.all.values()].flatMap(({ endpoints }) => endpoints.map(({ pool }) => pool));
  return {
    network,
    clock,
    listener,
    records,
    refused,
    faults,
    pools,
    active: () => active,
    connections: () => connections,
    client: (address) => network.client(address),
    accept: () => network.dial().accept(),
    settle: () => network.settle(),
    assertClean() {
      assert.equal(active, 0, "exchanges under way");
      assert.equal(connections, 0, "client connections");
      assert.equal(listener.connectionCount, 0, "client connections of the listener");
      assert.equal(network.dials.length, 0, "dials under way");
      for (const pool of pools()) {
        assert.equal(pool.active, 0, `exchanges of ${pool.label}`);
        while (pool.idleCount > 0) pool.take("")?.discard();
      }
      assert.equal(network.open, 0, "open sockets");
      clock.advance(TICK_MS);
      assert.equal(clock.running, 0, "armed timers");
      assert.deepEqual(faults, [], "reported faults");
    },
  };
}

function withChainsAlways(listener: CompiledListener): CompiledListener {
  const routes = [...listener.routes].map(([route, compiled]) =>
    [route, { ...compiled, needsChain: () => compiled.chain !== undefined }] as const
  );
  return { ...listener, routes: new Map(routes) };
}

function upstreamOf(ports: readonly number[]): Upstream {
  const service = { namespace: "default", name: "app" };
  return {
    name: "up",
    group: "rule-1",
    mode: "http",
    balancing: { policy: "round-robin" },
    emptyStatus: 500,
    tls: null,
    outlierDetection: null,
    endpoints: ports.map((port) => ({ address: "10.0.0.1", port, weight: 1, service })),
  };
}

function listenerOf(options: SiteOptions, middlewares: readonly string[]): Listener {
  const { timeouts, keepalive, refusal, filters = [], via } = options;
  const source = { type: "rule", namespace: "default", name: "rule-1" };
  const route: Route = {
    id: "tcp/80/default/rule-1",
    name: "rule-1",
    source,
    object: { kind: "Rule", namespace: "default", name: "rule-1" },
    index: 1,
    order: { place: "normal", priority: 5, complexity: 0, matchLength: 0 },
    match: [{ subject: { type: "URL" }, rows: [{ op: "STARTS_WITH", value: "/" }] }],
    upstream: "up",
    backendProtocol: "http",
    timeouts: { connectMs: 5000, sendMs: 10_000, readMs: 20_000, ...timeouts },
    retry: { attempts: 5, resend: true, timeoutMs: null },
    filters: [
      ...filters,
      ...middlewares.map((name, place): Filter => ({
        type: "middleware",
        name,
        options: null,
        source: { kind: "Rule", namespace: "default", name: "rule-1", place },
      })),
    ],
    refusal: refusal ?? null,
    errorPages: null,
  };
  return {
    id: "tcp/80",
    name: "web",
    source,
    port: 80,
    protocol: "http",
    routes: [route],
    via: via ?? null,
    keepalive: { idleMs: 60_000, headerTimeoutS: null, requests: 100, tcp: null, ...keepalive },
    errorPages: {},
    unmatchedErrorPages: null,
  };
}

/** A request; `lines` end in CRLF each. */
export function request(target = "/", lines = "", body = "", method = body === "" ? "GET" : "POST"): string {
  return `${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\n${body}`;
}

/** An answer with a length. */
export function answer(body: string, lines = "", status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`;
}

/** Answers in `text`, which are whole and have a length each: status and body. */
export function answersIn(text: string): readonly (readonly [status: number, body: string])[] {
  const answers: [number, string][] = [];
  while (text !== "") {
    const head = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n([\s\S]*?\r\n)?\r\n/.exec(text);
    assert.ok(head !== null, `no answer: ${JSON.stringify(text.slice(0, 200))}`);
    const length = Number(/^content-length: *(\d+)/im.exec(head[2] ?? "")?.[1] ?? 0);
    const body = text.slice(head[0].length, head[0].length + length);
    answers.push([Number(head[1]), body]);
    text = text.slice(head[0].length + length);
  }
  return answers;
}
