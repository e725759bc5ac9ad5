/**
 * 16-keepalive-tunables.yaml against the real program: keep-alive, compression, addresses and backlogs of ports.
 * `workers-*` speak of a pure function: tests/vectors-unit/tunables.test.ts.
 */
import { execFileSync } from "node:child_process";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts } from "../blackbox/harness/addresses.ts";
import { dial, request as send, requestText } from "../blackbox/harness/client.ts";
import { GATEWAY_RUNTIME } from "../blackbox/harness/command.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { readResponse, value } from "../blackbox/harness/message.ts";
import { createNamespace, type Namespace, NO_NAMESPACE } from "../blackbox/harness/namespace.ts";
import { alb2, boundTo, frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { eventually } from "../blackbox/harness/wire.ts";
import { parseDuration } from "../../src/lib/duration.ts";
import { type Case, fieldLines, loadCases } from "./load.ts";

interface TunableCase extends Case {
  readonly kind: string;
  readonly given: Json;
  readonly request?: { readonly headers: Readonly<Record<string, string>> };
  readonly expect: Json;
}

const all = loadCases<TunableCase>("16-keepalive-tunables.yaml");
const ofKind = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));

/** Milliseconds; null for `os`. */
function duration(text: string): number | null {
  return text === "os" ? null : parseDuration(text) ?? NaN;
}

describe("vectors: 16-keepalive-tunables (exchanges)", () => {
  const tcp = ofKind("tcpKeepalive");
  const http = ofKind("httpKeepalive");
  const gzip = ofKind("gzip");
  const ports = new Map<string, number>();
  let upstream: Upstream;
  let gateway: Gateway;
  let table: Json;

  before(async () => {
    upstream = await startUpstream({
      handler: ({ target }) => {
        const { searchParams } = new URL(target, "http://x");
        return reply(
          200,
          [["Content-Type", searchParams.get("type") ?? "image/png"]],
          "x".repeat(Number(searchParams.get("size") ?? 0)),
        );
      },
    });
    const cases = [...tcp, ...http, ...gzip];
    const free = await freePorts(cases.length);
    cases.forEach(({ name }, index) => ports.set(name, free[index]!));
    gateway = await startGateway({
      config: [
        alb2({ name: "lb", config: { enableGzip: gzip[0]!.given.enableGzip } }),
        ...cases.flatMap(objectsOf),
        ...service({ name: "app", endpoints: [upstream.endpoint] }),
      ],
      args: ["--access-log", "off"],
    });
    table = await gateway.api("table");
  });
  after(async () => {
    await gateway?.stop();
    await upstream?.close();
  });

  function objectsOf({ name, given: { protocol = "http", tcp, http, waf } }: TunableCase): KubeObject[] {
    const keepalive = { ...(tcp == null ? {} : { tcp }), ...(http == null ? {} : { http }) };
    const services = [{ name: "app" }];
    return [
      boundTo("lb", frontend({ name, port: ports.get(name)!, protocol, services, config: { keepalive } })),
      ...(waf === true
        ? [boundTo(
          "lb",
          rule({ name, frontend: name, services, config: { modsecurity: { enable: true } } }),
        )]
        : []),
    ];
  }

  function keepaliveOf(test: TunableCase): Json {
    return table.listeners.find(({ port }: Json) => port === ports.get(test.name)).keepalive;
  }

  for (const test of tcp) {
    it(test.name, async () => {
      const { enabled, idle, interval, count } = test.expect;
      const found = keepaliveOf(test).tcp;
      if (!enabled) return assert.equal(found, null);
      const expected = {
        idleMs: duration(idle),
        intervalMs: duration(interval),
        count: count === "os" ? null : count,
      };
      assert.deepEqual(found, expected);
      // What the runtime cannot set is said, not silently left out (rulings: TCP keepalive). TCP is a later feature.
      assert.equal(test.given.protocol, "tcp");
      assert.match(await unserved(test), /protocol "tcp" is not served yet/);
    });
  }

  async function unserved({ name }: TunableCase): Promise<string> {
    const { problems } = await gateway.api("problems");
    return problems.find(({ object, field }: Json) => object.name === name && field === "spec.protocol")
      ?.reason ?? "";
  }

  for (const test of http) {
    it(test.name, async () => {
      const { ignored, timeout, headerTimeout, requests } = test.expect;
      const { idleMs, requests: most } = keepaliveOf(test);
      if (ignored) return assert.deepEqual([idleMs, most], [65_000, 1000]);
      assert.equal(idleMs, duration(timeout));
      const client = await dial({ host: gateway.host, port: ports.get(test.name)! });
      for (let n = 1; n <= requests; n++) {
        await client.send(requestText({ target: `/${n}` }));
        const response = await readResponse(client);
        assert.equal(value(response, "connection"), n === requests ? "close" : undefined, `request ${n}`);
        const announced = headerTimeout === null || headerTimeout === undefined || n === requests
          ? undefined
          : `timeout=${duration(headerTimeout)! / 1000}`;
        assert.equal(value(response, "keep-alive"), announced);
      }
      await client.ended;
      client.close();
    });
  }

  for (const test of gzip) {
    it(test.name, async () => {
      const { type, size } = test.given;
      const response = await send({
        host: gateway.host,
        port: ports.get(test.name)!,
        target: `/?type=${type}&size=${size}`,
        fields: [["Host", "a.com"], ...fieldLines(test.request?.headers)],
      });
      assert.equal(response.status, 200);
      assert.equal(value(response, "content-encoding"), test.expect.encoded ? "gzip" : undefined);
      if (test.expect.vary !== undefined) assert.equal(value(response, "vary"), test.expect.vary);
      else assert.equal(response.body.length, size);
    });
  }
});

describe("vectors: 16-keepalive-tunables (addresses)", () => {
  const bind = ofKind("bind");
  const broken = ofKind("bindConfig");
  const listen = ofKind("listen");
  const run = [...bind, ...broken, ...listen];
  let namespace: Namespace;
  let gateway: Gateway;

  function notRun({ given, kind }: TunableCase): string | false {
    if (kind === "listen" && given.frontend.protocol !== "http") {
      return `${given.frontend.protocol} is a later feature`;
    }
    return NO_NAMESPACE;
  }

  before(async () => {
    if (NO_NAMESPACE !== false) return;
    namespace = await createNamespace([]);
    gateway = await startGateway({ namespace, config: objectsOf({}) });
  });
  after(async () => {
    await gateway?.stop();
    await namespace?.close();
  });

  function ip(...args: string[]): string {
    const [command, ...prefix] = namespace.exec;
    return execFileSync(command!, [...prefix, ...args], { encoding: "utf8" });
  }

  /** Each case has a port of its own, so that it is seen which configuration is served. */
  function objectsOf(config: Json, port = 8000): KubeObject[] {
    const web = frontend({ name: "web", port, services: [{ name: "app" }] });
    return [alb2({ name: "lb", config }), boundTo("lb", web), ...service({ name: "app", endpoints: [] })];
  }

  async function served(name: string, config: Json, done: (listener: Json) => boolean): Promise<Json> {
    const port = 8001 + run.findIndex((test) => test.name === name);
    gateway.write("main.yaml", objectsOf(config, port));
    return await eventually(
      async () => {
        const { listeners } = await gateway.api("listeners");
        return listeners.find((each: Json) => each.port === port && done(each));
      },
      () => `${name} is not served`,
    );
  }

  for (const test of bind) {
    it(test.name, { skip: notRun(test) }, async () => {
      const { nics, interfaces, ipv6 } = test.given;
      for (const [name, { v4, v6 }] of Object.entries<Json>(interfaces)) {
        ip("ip", "link", "add", name, "type", "veth", "peer", "name", `${name}-peer`);
        for (const end of [name, `${name}-peer`]) ip("ip", "link", "set", end, "up");
        for (const address of v4) ip("ip", "addr", "add", `${address}/24`, "dev", name);
        for (const address of v6) ip("ip", "addr", "add", `${address}/64`, "dev", name, "nodad");
      }
      try {
        const config = { bindNIC: JSON.stringify({ nic: nics }), enableIPV6: String(ipv6) };
        const { addresses } = await served(test.name, config, ({ addresses }) => addresses.length > 0);
        const { v4, v6 } = test.expect;
        const isEverything = v4[0] === "0.0.0.0" && v6[0] === "[::]"; // one socket takes both families
        assert.deepEqual(
          addresses,
          isEverything ? ["::"] : [...v4, ...v6.map((address: string) => address.slice(1, -1))],
        );
      } finally {
        for (const name of Object.keys(interfaces)) ip("ip", "link", "del", name);
      }
    });
  }

  for (const test of broken) {
    it(test.name, { skip: notRun(test) }, async () => {
      const { nics, error } = test.expect;
      const { addresses, state } = await served(
        test.name,
        { bindNIC: test.given.text },
        ({ addresses, state }) => addresses.length > 0 || state === "failed",
      );
      const { problems } = await gateway.api("problems");
      const found = problems.filter(({ object }: Json) => object.kind === "ALB2");
      if (error !== true) return assert.deepEqual([nics, addresses, found], [[], ["::"], []]);
      // The last good version of the ALB2 keeps serving, marked stale (rulings: a bad object).
      assert.deepEqual([addresses, state], [["::"], "serving"]);
      assert.deepEqual(
        found.map(({ field, severity, stale }: Json) => ({ field, severity, stale })),
        [{ field: "spec.config.bindNIC", severity: "error", stale: true }],
      );
      assert.match(found[0].reason, /expected JSON such as {"nic":\["eth0"\]}, found "{\\"wrong_json"/);
    });
  }

  for (const test of listen) {
    it(test.name, { skip: notRun(test) }, async () => {
      const { backlog, enableIPV6 } = test.given.alb;
      const config = { backlog, enableIPV6 };
      const { port } = await served(test.name, config, ({ addresses }) => addresses.length > 0);
      for (const host of ["127.0.0.1", "::1"]) (await namespace.dial({ host, port })).close();
      // Bun's listen() always has 512; then the ALB2 has a warning.
      const waiting = GATEWAY_RUNTIME === "deno" ? backlog : 512;
      assert.match(
        ip("ss", "-Hltn", "sport", "=", `:${port}`),
        new RegExp(`^LISTEN\\s+\\d+\\s+${waiting}\\s`, "m"),
      );
      const { problems } = await gateway.api("problems");
      const warned = problems.some(({ field }: Json) => field === "spec.config.backlog");
      assert.equal(warned, waiting !== backlog);
    });
  }
});
