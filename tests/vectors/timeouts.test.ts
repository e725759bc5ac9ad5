/** 09-timeout-retry.yaml against the real program: HTTP exchanges, all at once, because most of them wait. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { dial, requestText } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { readHead } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { latin1, sleep } from "../blackbox/harness/wire.ts";
import { type Case, loadCases } from "./load.ts";

interface Backend {
  readonly refuse?: boolean;
  readonly answer?: number;
  readonly sleepBeforeHeader?: number;
  readonly sleepAfterFirstBytes?: number;
}

interface RunCase extends Case {
  readonly kind: "run";
  readonly given: {
    readonly mode: string;
    readonly policy?: string;
    readonly timeout?: { connectMs?: number | null; sendMs?: number | null; readMs?: number | null } | null;
    readonly endpoints?: number;
    readonly backend: Backend | readonly Backend[];
  };
  readonly request: { readonly method: string; readonly repeat?: number };
  readonly expect: {
    readonly status: number;
    readonly bodyEquals?: string;
    readonly truncated?: boolean;
    readonly attempts?: number;
    readonly requestsSeenByBackend?: number;
    readonly seconds?: { readonly min: number; readonly max: number };
  };
}

type OtherCase = Case & { readonly kind: "layering" | "annotation" | "ingress" | "gateway" };
type TimeoutCase = RunCase | OtherCase;

const all = loadCases<TimeoutCase>("09-timeout-retry.yaml");

function notRun(test: TimeoutCase): string | false {
  switch (test.kind) {
    case "run":
      return test.given.mode !== "http" && "TCP proxying is a later feature";
    case "gateway":
      return "Gateway API translation is a later feature";
    default:
      return "Ingress translation is a later feature";
  }
}

/** "each endpoint is tried at most once per exchange, a lone endpoint once" */
function ruled({ status, expect }: RunCase): RunCase["expect"] {
  if (status !== "superseded") return expect;
  return {
    status: expect.status,
    attempts: 1,
    ...(expect.bodyEquals === undefined ? {} : { bodyEquals: expect.bodyEquals }),
  };
}

interface Observed {
  readonly status: number;
  readonly body: string;
  readonly truncated: boolean;
  readonly seconds: number;
}

const LEAST_CONNECT_MS = 1000;
/** What a machine that does other things may add. */
const BUSY_SECONDS = 30;

describe("vectors: 09-timeout-retry (exchanges)", () => {
  const cases = all.filter((test): test is RunCase => test.kind === "run");
  const run = cases.filter((test) => notRun(test) === false);
  const upstreams = new Map<string, Upstream[]>();
  const observed = new Map<string, Promise<Observed>>();
  let gateway: Gateway;

  before(async () => {
    const ports = await freePorts(run.length);
    const objects: KubeObject[] = [];
    for (const [index, test] of run.entries()) objects.push(...await objectsOf(test, ports[index]!));
    gateway = await startGateway({ config: objects });
    run.forEach((test, index) => {
      const outcome = exchanges(test, ports[index]!);
      outcome.catch(() => {}); // its own test tells
      observed.set(test.name, outcome);
    });
  });
  after(async () => {
    await gateway?.stop();
    for (const upstream of [...upstreams.values()].flat()) await upstream.close();
  });

  async function objectsOf({ name: namespace, given }: RunCase, port: number): Promise<KubeObject[]> {
    const own: Upstream[] = [];
    const endpoints: string[] = [];
    for (const backend of backendsOf(given)) {
      if (backend.refuse) {
        endpoints.push(`${LOOPBACK}:${await freePort()}`);
        continue;
      }
      const upstream = await startUpstream({
        handler: (_, connection) => answer(backend, (text) => connection.send(text)),
      });
      own.push(upstream);
      endpoints.push(upstream.endpoint);
    }
    upstreams.set(namespace, own);
    const { connectMs, sendMs, readMs } = given.timeout ?? {};
    const timeout = {
      // A busy machine takes longer to connect than the few milliseconds of some.
      proxy_connect_timeout_ms: connectMs ? Math.max(connectMs, LEAST_CONNECT_MS) : connectMs,
      proxy_send_timeout_ms: sendMs,
      proxy_read_timeout_ms: readMs,
    };
    const config = given.timeout == null ? {} : { config: { timeout } };
    return [
      frontend({ name: "web", namespace, port }),
      rule({
        name: "r1",
        namespace,
        frontend: "web",
        services: [{ name: "app" }],
        ...config,
        ...(given.policy === undefined ? {} : { affinity: { policy: given.policy } }),
      }),
      ...service({ name: "app", namespace, endpoints }),
    ];
  }

  /** Repeated ones come from other addresses each, and are observed up to the first that is not answered 200. */
  async function exchanges({ request: { method, repeat = 1 } }: RunCase, port: number): Promise<Observed> {
    let last = await exchange(method, port, `127.0.0.1`);
    for (let n = 2; n <= repeat && last.status === 200; n++) {
      last = await exchange(method, port, `127.0.0.${n}`);
    }
    return last;
  }

  async function exchange(method: string, port: number, from: string): Promise<Observed> {
    const started = performance.now();
    const client = await dial({ host: gateway.host, port, from });
    await client.send(requestText({ method, fields: [["Content-Length", "0"]] }));
    if (!await client.arrival()) throw new Error("closed without a response");
    const head = await readHead(client);
    const length = Number(head.fields.find(([name]) => name.toLowerCase() === "content-length")?.[1]);
    let body = "";
    while (body.length < length && await client.arrival()) body += latin1(await client.readSome());
    client.close();
    const seconds = (performance.now() - started) / 1000;
    return { status: Number(head.startLine.split(" ")[1]), body, truncated: body.length < length, seconds };
  }

  for (const test of cases) {
    it(test.name, { skip: notRun(test) }, async () => {
      const expected = ruled(test);
      const { status, body, truncated, seconds } = await observed.get(test.name)!;
      const connections = upstreams.get(test.name)!.reduce(
        (sum, { connections }) => sum + connections.length,
        0,
      );
      const requests = upstreams.get(test.name)!.reduce((sum, { requests }) => sum + requests.length, 0);
      assert.equal(status, expected.status);
      assert.equal(truncated, expected.truncated ?? false);
      if (expected.bodyEquals !== undefined) assert.equal(body, expected.bodyEquals);
      if (expected.attempts !== undefined && !backendsOf(test.given).some(({ refuse }) => refuse)) {
        assert.equal(connections, expected.attempts);
      }
      if (expected.requestsSeenByBackend !== undefined) {
        assert.equal(requests, expected.requestsSeenByBackend);
      }
      if (expected.seconds !== undefined) {
        const { min, max } = expected.seconds;
        assert.ok(seconds >= min && seconds <= max + BUSY_SECONDS, `took ${seconds} s`);
      }
    });
  }
});

/** What each endpoint does. */
function backendsOf({ backend, endpoints = 1 }: RunCase["given"]): readonly Backend[] {
  return backend instanceof Array ? backend : Array.from({ length: endpoints }, () => backend);
}

async function answer(backend: Backend, send: (text: string) => Promise<void>): Promise<void> {
  if (backend.answer !== undefined) return await send(reply(backend.answer, [], "no"));
  if (backend.sleepAfterFirstBytes !== undefined) {
    await send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nok\n");
    await sleep(backend.sleepAfterFirstBytes * 1000);
    return await send("over\n");
  }
  await sleep((backend.sleepBeforeHeader ?? 0) * 1000);
  await send(reply(200, [], "from backend\n"));
}

describe("vectors: 09-timeout-retry (other sources)", () => {
  for (const test of all) {
    if (test.kind !== "run" && test.kind !== "layering") it(test.name, { skip: notRun(test) }, () => {});
  }
});
