/** 08-affinity-and-weights.yaml against the real program: weights as `/api/table` shows them, round robin as traffic. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts, LOOPBACK, splitEndpoint } from "../blackbox/harness/addresses.ts";
import { dial, requestText } from "../blackbox/harness/client.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { readResponse, type Response, value } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { type Case, loadCases } from "./load.ts";

interface WeightsCase extends Case {
  readonly kind: "weights";
  readonly given: { readonly services: readonly { name: string; weight: number; endpoints: string[] }[] };
  readonly expect: { readonly backends: readonly { endpoint: string; weight: number }[] };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

interface TrafficCase extends Case {
  readonly kind: "traffic";
  readonly given: {
    readonly policy: string;
    readonly attribute?: string;
    readonly endpoints: readonly string[] | Readonly<Record<string, number>>;
  };
  readonly steps: readonly { readonly repeat?: number }[];
  readonly expect: {
    readonly spread?: Bounds | Readonly<Record<string, Bounds>>;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

type BalancingCase = WeightsCase | TrafficCase;

/** Fewer than the requests that a connection may carry (data-plane spec 3.12). */
const REQUESTS_PER_CONNECTION = 100;

const STICKY: Readonly<Record<string, string>> = {
  cookie: "cookie affinity is a later feature",
  header: "header affinity is a later feature",
  "sip-hash": "source hashing is a later feature",
  ewma: "ewma balancing is a later feature",
};

function notRun(test: BalancingCase): string | false {
  return test.kind === "traffic" ? STICKY[test.given.policy] ?? false : false;
}

function isBounds(spread: object): spread is Bounds {
  return "min" in spread;
}

/** Endpoints of a traffic case with the weight of the Service that stands for each. */
function endpointWeights({ given }: TrafficCase): [string, number][] {
  return Array.isArray(given.endpoints)
    ? given.endpoints.map((endpoint): [string, number] => [endpoint, 100])
    : Object.entries(given.endpoints as Record<string, number>);
}

/** `real` answers the address at which an endpoint of the vectors really listens. */
function objectsOf(test: BalancingCase, port: number, real: (endpoint: string) => string): KubeObject[] {
  const namespace = test.name;
  const services = test.kind === "weights"
    ? test.given.services
    : endpointWeights(test).map(([endpoint, weight], index) => ({
      name: `s${index}`,
      weight,
      endpoints: [real(endpoint)],
    }));
  // A rule that names no service would be another case than one whose service has no endpoint.
  const named = services.length > 0 ? services : [{ name: "empty", weight: 100, endpoints: [] }];
  return [
    frontend({ name: "web", namespace, port }),
    rule({
      name: "r1",
      namespace,
      frontend: "web",
      services: named,
      ...(test.kind === "traffic" ? { affinity: test.given } : {}),
    }),
    ...named.flatMap(({ name, endpoints }) => service({ name, namespace, endpoints })),
  ];
}

describe("vectors: 08-affinity-and-weights", () => {
  const cases = loadCases<BalancingCase>("08-affinity-and-weights.yaml");
  const run = cases.filter((test) => notRun(test) === false);
  const ports = new Map<string, number>();
  const upstreams = new Map<string, Upstream>();
  let gateway: Gateway;
  let table: Json;

  before(async () => {
    const endpoints = run.flatMap((test) => test.kind === "traffic" ? endpointWeights(test) : []);
    for (const [endpoint] of endpoints) {
      const { address } = splitEndpoint(endpoint);
      if (upstreams.has(endpoint)) continue;
      upstreams.set(endpoint, await startUpstream({ address: address === "127.0.0.1" ? LOOPBACK : address }));
    }
    const free = await freePorts(run.length);
    run.forEach(({ name }, index) => ports.set(name, free[index]!));
    gateway = await startGateway({
      config: run.flatMap((test) =>
        objectsOf(test, ports.get(test.name)!, (endpoint) => upstreams.get(endpoint)!.endpoint)
      ),
      args: ["--access-log", "off"],
    });
    table = await gateway.api("table");
  });
  after(async () => {
    await gateway?.stop();
    for (const upstream of upstreams.values()) await upstream.close();
  });

  for (const test of cases) {
    it(test.name, { skip: notRun(test) }, async () => {
      await (test.kind === "weights" ? checkWeights(test) : checkTraffic(test));
    });
  }

  function checkWeights(test: WeightsCase): void {
    const port = ports.get(test.name);
    const [route] = table.listeners.find((listener: Json) => listener.port === port).routes;
    const backends = table.upstreams[route.upstream].endpoints.map((endpoint: Json) => ({
      endpoint: `${endpoint.address}:${endpoint.port}`,
      weight: endpoint.weight,
    }));
    assert.deepEqual(new Set(backends), new Set(test.expect.backends));
    assert.equal(backends.length, test.expect.backends.length);
  }

  async function checkTraffic(test: TrafficCase): Promise<void> {
    const before = counts(test);
    const total = test.steps.reduce((sum, { repeat = 1 }) => sum + repeat, 0);
    const responses = await send(ports.get(test.name)!, total);
    const hits = counts(test).map((count, index) => count - before[index]!);
    for (const response of responses) {
      assert.equal(response.status, test.expect.status ?? 200);
      for (const [name, expected] of Object.entries(test.expect.headers ?? {})) {
        assert.equal(value(response, name), expected);
      }
    }
    endpointWeights(test).forEach(([endpoint], index) => {
      const { spread } = test.expect;
      const bounds = spread === undefined || isBounds(spread) ? spread : spread[endpoint];
      if (bounds === undefined) return;
      assert.ok(hits[index]! >= bounds.min && hits[index]! <= bounds.max, `hits per endpoint: ${hits}`);
    });
  }

  function counts(test: TrafficCase): number[] {
    return endpointWeights(test).map(([endpoint]) => upstreams.get(endpoint)!.requests.length);
  }

  async function send(port: number, total: number): Promise<Response[]> {
    const responses: Response[] = [];
    while (responses.length < total) {
      const connection = await dial({ host: gateway.host, port });
      for (let n = 0; n < REQUESTS_PER_CONNECTION && responses.length < total; n++) {
        await connection.send(requestText({}));
        responses.push(await readResponse(connection));
      }
      connection.close();
    }
    return responses;
  }
});
