/** 08-affinity-and-weights.yaml against the real program: weights as `/api/table` shows them, policies as traffic. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePorts, LOOPBACK, splitEndpoint } from "../blackbox/harness/addresses.ts";
import { dial, requestText } from "../blackbox/harness/client.ts";
import { type Gateway, type Json, startGateway } from "../blackbox/harness/gateway.ts";
import { readResponse, type Response, value, values } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { sleep } from "../blackbox/harness/wire.ts";
import { type Case, fieldLines, loadCases } from "./load.ts";

interface WeightsCase extends Case {
  readonly kind: "weights";
  readonly given: { readonly services: readonly { name: string; weight: number; endpoints: string[] }[] };
  readonly expect: { readonly backends: readonly { endpoint: string; weight: number }[] };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

interface Step {
  readonly repeat?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Field that has another value in every request. */
  readonly headersVary?: string;
  readonly srcIp?: string;
  readonly scheme?: "https";
  /** Keeps the value that the gateway gives this cookie. */
  readonly saveCookie?: string;
  /** Sends what was kept. */
  readonly useCookie?: string;
}

interface SetCookie {
  readonly name: string;
  readonly pattern?: string;
  readonly attributes: readonly string[];
}

interface TrafficCase extends Case {
  readonly kind: "traffic";
  readonly given: {
    readonly policy: string;
    readonly attribute?: string;
    readonly endpoints: readonly string[] | Readonly<Record<string, number>>;
    readonly endpointDelayMs?: Readonly<Record<string, number>>;
  };
  readonly steps: readonly Step[];
  readonly expect: {
    readonly spread?: Bounds | Readonly<Record<string, Bounds>>;
    /** Groups of steps whose requests all go to one endpoint. */
    readonly sameEndpoint?: readonly (readonly number[])[];
    /** By step: what the gateway sets, null = nothing. */
    readonly setCookie?: Readonly<Record<string, SetCookie | null>>;
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

type BalancingCase = WeightsCase | TrafficCase;

/** One answer, and the endpoint that it came from. */
interface Answer {
  readonly response: Response;
  readonly endpoint: string | undefined;
}

/** Fewer than the requests that a connection may carry (data-plane spec 3.12). */
const REQUESTS_PER_CONNECTION = 100;

/** Nobody listens there. */
const DEAD_PORT = 1;

function notRun(test: BalancingCase): string | false {
  const isSecure = test.kind === "traffic" && test.steps.some(({ scheme }) => scheme === "https");
  return isSecure && "TLS on listeners is a later feature";
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
      const { address, port } = splitEndpoint(endpoint);
      if (upstreams.has(endpoint) || port === DEAD_PORT) continue;
      upstreams.set(endpoint, await startUpstream({ address: address === "127.0.0.1" ? LOOPBACK : address }));
    }
    const free = await freePorts(run.length);
    run.forEach(({ name }, index) => ports.set(name, free[index]!));
    gateway = await startGateway({
      config: run.flatMap((test) =>
        objectsOf(test, ports.get(test.name)!, (endpoint) => upstreams.get(endpoint)?.endpoint ?? endpoint)
      ),
      // Forwarded addresses count in these vectors.
      args: ["--access-log", "off", "--trusted-proxies", "0.0.0.0/0,::/0"],
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
    for (const [endpoint] of endpointWeights(test)) {
      answerAfter(endpoint, test.given.endpointDelayMs?.[endpoint]);
    }
    const { spread, sameEndpoint = [], setCookie = {}, status = 200, headers = {} } = test.expect;
    const steps = await send(test);
    const answers = steps.flat();
    for (const { response } of answers) {
      assert.equal(response.status, status);
      for (const [name, expected] of Object.entries(headers)) assert.equal(value(response, name), expected);
    }
    for (const [endpoint] of endpointWeights(test)) {
      const bounds = spread === undefined || isBounds(spread) ? spread : spread[endpoint];
      if (bounds === undefined) continue;
      const hits = answers.filter((answer) => answer.endpoint === endpoint).length;
      assert.ok(hits >= bounds.min && hits <= bounds.max, `${hits} of ${answers.length} hits on ${endpoint}`);
    }
    for (const group of sameEndpoint) {
      const used = new Set(group.flatMap((step) => steps[step]!.map(({ endpoint }) => endpoint)));
      assert.equal(used.size, 1, `steps ${group} went to ${[...used]}`);
    }
    for (const [step, expected] of Object.entries(setCookie)) {
      for (const { response } of steps[Number(step)]!) checkCookie(values(response, "set-cookie"), expected);
    }
  }

  function checkCookie(lines: readonly string[], expected: SetCookie | null): void {
    if (expected === null) return assert.deepEqual(lines, []);
    assert.equal(lines.length, 1);
    const [pair, ...attributes] = lines[0]!.split("; ");
    const { name, text } = cookiePair(pair!);
    assert.equal(name, expected.name);
    if (expected.pattern !== undefined) assert.match(text, new RegExp(expected.pattern));
    assert.deepEqual(new Set(attributes), new Set(expected.attributes));
  }

  function cookiePair(pair: string): { name: string; text: string } {
    const equals = pair.indexOf("=");
    return { name: pair.slice(0, equals), text: pair.slice(equals + 1) };
  }

  /** Upstreams are shared by the cases, which run one after the other. */
  function answerAfter(endpoint: string, ms = 0): void {
    const upstream = upstreams.get(endpoint);
    if (upstream === undefined) return;
    upstream.handler = async () => {
      if (ms > 0) await sleep(ms);
      return reply(200, [["X-Endpoint", endpoint]], "ok");
    };
  }

  /** The answers of each step. */
  async function send({ name, steps }: TrafficCase): Promise<Answer[][]> {
    const saved = new Map<string, string>();
    const answers: Answer[][] = [];
    for (const step of steps) {
      const { repeat = 1, headers, headersVary, srcIp, saveCookie, useCookie } = step;
      const responses: Response[] = [];
      while (responses.length < repeat) {
        const connection = await dial({
          host: gateway.host,
          port: ports.get(name)!,
          ...(srcIp === undefined ? {} : { from: srcIp.replace(/^\d+/, "127") }),
        });
        for (let n = 0; n < REQUESTS_PER_CONNECTION && responses.length < repeat; n++) {
          const fields = fieldLines(headers);
          if (headersVary !== undefined) fields.push([headersVary, `value-${responses.length}`]);
          if (useCookie !== undefined) fields.push(["Cookie", `${useCookie}=${saved.get(useCookie)}`]);
          await connection.send(requestText({ fields }));
          responses.push(await readResponse(connection));
        }
        connection.close();
      }
      if (saveCookie !== undefined) {
        const [line] = values(responses.at(-1)!, "set-cookie");
        saved.set(saveCookie, cookiePair(line!.split(";")[0]!).text);
      }
      answers.push(responses.map((response) => ({ response, endpoint: value(response, "x-endpoint") })));
    }
    return answers;
  }
});
