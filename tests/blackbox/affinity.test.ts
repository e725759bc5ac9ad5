/** Affinity as clients and replicas see it (data-plane spec 3.9): what the vectors of 08 do not show. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { readResponse, type Response, value, values } from "./harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { type Handler, reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { eventually } from "./harness/wire.ts";
import { cpuTicks, workersOf } from "./harness/worker-processes.ts";

const COOKIE = /^sid=([0-9.]+\.[0-9]+\.[0-9]{1,6}); Path=\/; HttpOnly$/;

describe("affinity", () => {
  const upstreams: Upstream[] = [];
  let gateways: Gateway[] = [];
  let port: number;

  /** One rule for every policy, all to the same endpoints. */
  function objects(serving: readonly Upstream[]): KubeObject[] {
    const policies = { cookie: "sid", header: "x-user", "sip-hash": "" };
    return [
      frontend({ name: "web", port }),
      ...Object.entries(policies).map(([policy, attribute]) =>
        rule({
          name: policy,
          frontend: "web",
          dslx: underPath(`/${policy}`),
          services: [{ name: "app" }],
          affinity: { policy, attribute },
        })
      ),
      ...service({ name: "app", endpoints: serving.map(({ endpoint }) => endpoint) }),
    ];
  }

  function answer({ endpoint }: Upstream): Handler {
    return () => reply(200, [["X-Endpoint", endpoint]], "ok");
  }

  before(async () => {
    for (let n = 0; n < 4; n++) {
      const upstream = await startUpstream();
      upstream.handler = answer(upstream);
      upstreams.push(upstream);
    }
    port = await freePort();
    gateways = [await startGateway({ config: objects(upstreams) })];
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    for (const upstream of upstreams) await upstream.close();
  });

  function get(path: string, fields: [string, string][], from?: string): Promise<Response> {
    const where = { host: gateways[0]!.host, port, ...(from === undefined ? {} : { from }) };
    return request({ ...where, target: path, fields: [["Host", "a"], ...fields] });
  }

  /** Where keys of every policy go. */
  async function homes(): Promise<string[]> {
    const found: string[] = [];
    for (let n = 1; n <= 20; n++) {
      for (
        const response of [
          await get("/cookie", [["Cookie", `sid=${n}`]]),
          await get("/header", [["X-User", `user-${n}`]]),
          await get("/sip-hash", [], `127.0.9.${n}`),
        ]
      ) found.push(value(response, "x-endpoint")!);
    }
    return found;
  }

  function newCookie(response: Response): string {
    const lines = values(response, "set-cookie");
    assert.equal(lines.length, 1);
    const cookie = COOKIE.exec(lines[0]!)?.[1];
    assert.ok(cookie !== undefined, `Set-Cookie: ${lines[0]}`);
    return cookie;
  }

  it("is the same after a restart, in a process that read the endpoints in another order", async () => {
    const first = await homes();
    assert.equal(new Set(first).size, upstreams.length);
    await gateways.pop()!.stop();
    gateways.push(await startGateway({ config: objects(upstreams.toReversed()) }));
    assert.deepEqual(await homes(), first);
  });

  it("by cookie moves a client once its endpoint fails, with one cookie, and leaves it there", async () => {
    const old = newCookie(await get("/cookie", []));
    const label = value(await get("/cookie", [["Cookie", `sid=${old}`]]), "x-endpoint");
    const home = upstreams.find(({ endpoint }) => endpoint === label)!;
    home.handler = (_, connection) => connection.reset();
    const moved = await get("/cookie", [["Cookie", `sid=${old}`]]);
    assert.equal(moved.status, 200);
    const fresh = newCookie(moved);
    home.handler = answer(home);
    for (let n = 0; n < 3; n++) {
      const settled = await get("/cookie", [["Cookie", `sid=${fresh}`]]);
      assert.equal(value(settled, "x-endpoint"), value(moved, "x-endpoint"));
      assert.deepEqual(values(settled, "set-cookie"), []);
    }
  });

  it("by cookie sets one, after three failed tries, that leads to who answered", async () => {
    const [up, ...down] = upstreams as [Upstream, ...Upstream[]];
    for (const each of down) each.handler = (_, connection) => connection.reset();
    const cookies: string[] = [];
    for (let n = 0; n < 10; n++) cookies.push(newCookie(await get("/cookie", [])));
    for (const each of down) each.handler = answer(each);
    for (const cookie of cookies) {
      assert.equal(value(await get("/cookie", [["Cookie", `sid=${cookie}`]]), "x-endpoint"), up.endpoint);
    }
  });

  it("by cookie reaches clients that switch protocols, and the application's own cookies stay", async () => {
    for (const each of upstreams) {
      each.handler = async (_, connection) => {
        await connection.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\nSet-Cookie: app=1\r\n\r\n",
        );
        connection.halfClose();
      };
    }
    const response = await get("/cookie", [["Connection", "upgrade"], ["Upgrade", "x"]]);
    assert.equal(response.status, 101);
    const [app, own, ...more] = values(response, "set-cookie");
    assert.equal(app, "app=1");
    assert.match(own!, COOKIE);
    assert.deepEqual(more, []);
    for (const each of upstreams) each.handler = answer(each);
  });

  it("moves the clients of an endpoint that leaves, and no others", async () => {
    const before = await homes();
    const [gone, ...rest] = upstreams as [Upstream, ...Upstream[]];
    gateways[0]!.write("main.yaml", objects(rest));
    await eventually(
      async () => (await homes()).every((home) => home !== gone.endpoint),
      () => "the endpoint is still used",
    );
    const after = await homes();
    before.forEach((home, n) => {
      if (home !== gone.endpoint) assert.equal(after[n], home);
    });
  });
});

describe("affinity of workers and replicas", () => {
  const upstreams: Upstream[] = [];
  const gateways: Gateway[] = [];
  const ports: number[] = [];
  const KEYS = Array.from({ length: 200 }, (_, n) => `user-${n}`);

  const objects = (port: number, serving: readonly Upstream[]) => [
    frontend({ name: "web", port }),
    rule({
      name: "header",
      frontend: "web",
      services: [{ name: "app" }],
      affinity: { policy: "header", attribute: "x-user" },
    }),
    ...service({ name: "app", endpoints: serving.map(({ endpoint }) => endpoint) }),
  ];

  before(async () => {
    for (let n = 0; n < 6; n++) {
      const upstream = await startUpstream();
      upstream.handler = () => reply(200, [["X-Endpoint", upstream.endpoint]], "ok");
      upstreams.push(upstream);
    }
    for (const [replica, workers] of ["3", "1"].entries()) {
      ports[replica] = await freePort();
      // Replicas are told of the endpoints in their own order.
      const serving = replica === 0 ? upstreams.slice(0, 4) : upstreams.slice(0, 4).reverse();
      gateways.push(
        await startGateway({ config: objects(ports[replica], serving), args: ["--workers", workers] }),
      );
    }
  });
  after(async () => {
    for (const gateway of gateways) await gateway.stop();
    for (const upstream of upstreams) await upstream.close();
  });

  /** Where the keys go on one new connection, which one worker has. */
  async function homes(replica: number): Promise<string[]> {
    const client = await dial({ host: LOOPBACK, port: ports[replica]! });
    const found: string[] = [];
    for (const key of KEYS) {
      await client.send(requestText({ fields: [["Host", "a"], ["X-User", key]] }));
      found.push(value(await readResponse(client), "x-endpoint")!);
    }
    client.close();
    return found;
  }

  it("is the same in every worker and in every replica", async () => {
    const first = await homes(0);
    assert.equal(new Set(first).size, 4);
    const cpuBefore = new Map(workersOf(gateways[0]!).map((pid) => [pid, cpuTicks(pid)]));
    // The kernel deals connections out at random: after twenty, nobody is left out but once in a thousand runs.
    for (let n = 0; n < 20; n++) assert.deepEqual(await homes(0), first);
    const idle = [...cpuBefore].filter(([pid, ticks]) => cpuTicks(pid) === ticks);
    assert.deepEqual(idle, [], "workers had nothing to do");
    assert.deepEqual(await homes(1), first);
  });

  it("from 4 to 6 endpoints moves about 1 − 4/6 of the keys, all of them to the new ones", async () => {
    const old = new Set(upstreams.slice(0, 4).map(({ endpoint }) => endpoint));
    const before = await homes(0);
    gateways[0]!.write("main.yaml", objects(ports[0]!, upstreams));
    await eventually(async () => new Set(await homes(0)).size === 6, () => "the new endpoints get nothing");
    // Every worker has them: two connections in a row agree.
    await eventually(
      async () => JSON.stringify(await homes(0)) === JSON.stringify(await homes(0)),
      () => "workers disagree",
    );
    const after = await homes(0);
    const moved = KEYS.flatMap((_, n) => before[n] === after[n] ? [] : [after[n]!]);
    assert.deepEqual(moved.filter((home) => old.has(home)), []);
    // A third of 200, give or take what 200 keys and six endpoints leave to chance.
    assert.ok(moved.length > 35 && moved.length < 105, `${moved.length} of ${KEYS.length}`);
  });
});
