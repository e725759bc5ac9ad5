/** Ports: taken ones, shared ones, unknown protocols. A Frontend that cannot be served never harms another. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { freePorts, LOOPBACK } from "./harness/addresses.ts";
import { dial, request } from "./harness/client.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { frontend, type KubeObject, service } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";

/** Longer than a listener waits before it tries again. */
const RETRY_MS = 30_000;

describe("listeners", () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let blocker: Server;
  let good: number, taken: number, shared: number, odd: number;

  before(async () => {
    upstream = await startUpstream({ handler: ({ fields }) => reply(200, [], hostOf(fields)) });
    [good, taken, shared, odd] = await freePorts(4) as [number, number, number, number];
    blocker = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => blocker.listen(taken, LOOPBACK, resolve));
    const services = [{ name: "app" }];
    gateway = await startGateway({
      config: [
        frontend({ name: "good", port: good, services }),
        frontend({ name: "taken", port: taken, services }),
        aged(
          frontend({ name: "younger", port: shared, services: [{ name: "nobody" }] }),
          "2026-02-02T00:00:00Z",
        ),
        aged(frontend({ name: "older", port: shared, services }), "2026-01-01T00:00:00Z"),
        frontend({ name: "odd", port: odd, protocol: "gopher", services }),
        ...service({ name: "app", endpoints: [upstream.endpoint] }),
        ...service({ name: "nobody", endpoints: [] }),
      ],
    });
  });
  after(async () => {
    blocker?.close();
    await gateway?.stop();
    await upstream?.close();
  });

  function aged(object: KubeObject, creationTimestamp: string): KubeObject {
    return { ...object, metadata: { ...object["metadata"] as object, creationTimestamp } };
  }
  async function problemOf(name: string): Promise<Json | undefined> {
    const body = await gateway.api("problems");
    return (body.problems ?? body).find(({ object }: Json) => object.name === name);
  }
  async function status(port: number): Promise<number> {
    return (await request({ host: gateway.host, port })).status;
  }

  it("serve although others cannot, and the gateway is ready", async () => {
    assert.equal(await status(good), 200);
    assert.equal((await gateway.fetch("/readyz")).status, 200);
  });

  it("on a port in use are a Problem of their Frontend, retried until it is free", async () => {
    const problem = await problemOf("taken");
    assert.equal(problem?.code, "ListenerFailed");
    assert.equal(problem.object.kind, "Frontend");
    assert.match(problem.reason, new RegExp(`${taken}|in use|EADDRINUSE`));
    const listeners = await gateway.api("listeners");
    const shown = (listeners.listeners ?? listeners).find(({ port }: Json) => port === taken);
    assert.equal(shown.state, "failed");
    await new Promise((resolve) => blocker.close(resolve));
    await eventually(
      () => status(taken).then((code) => code === 200, () => false),
      () => "the port is free",
      RETRY_MS,
    );
    await eventually(
      async () => await problemOf("taken") === undefined,
      () => "the problem is gone",
      RETRY_MS,
    );
  });

  it("of two Frontends on one port the older serves, the younger is told", async () => {
    assert.equal(await status(shared), 200);
    const problem = await problemOf("younger");
    assert.equal(problem?.code, "ListenerConflict");
    assert.match(problem.reason, /older/);
    assert.equal(await problemOf("older"), undefined);
  });

  it("of an unknown protocol are refused, not served as TCP", async () => {
    const problem = await problemOf("odd");
    assert.equal(problem?.code, "UnknownProtocol");
    assert.match(problem.reason, /gopher/);
    await assert.rejects(dial({ host: gateway.host, port: odd }), /ECONNREFUSED/);
  });
});

describe("a gateway none of whose listeners can be bound", () => {
  it("is alive but not ready, and says why", async () => {
    const [port] = await freePorts(1) as [number];
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(port, LOOPBACK, resolve));
    const gateway = await startGateway({ config: [frontend({ name: "taken", port })], waitReady: false });
    try {
      const readiness = await eventually(
        () =>
          gateway.fetch("/readyz").then(
            (response) => /taken|in use/.test(response.body) && response,
            () => false as const,
          ),
        () => `/readyz; stderr: ${gateway.process.stderr.join("\n")}`,
      );
      assert.equal(readiness.status, 503);
      assert.equal((await gateway.fetch("/livez")).status, 200);
    } finally {
      await gateway.stop();
      blocker.close();
    }
  });
});

function hostOf(fields: readonly (readonly [string, string])[]): string {
  return fields.find(([name]) => name === "Host")?.[1] ?? "";
}
