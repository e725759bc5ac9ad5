/** Several processes on the same ports: they serve as one, and one that dies is nobody's problem but its own clients'. */
import { createServer } from "node:net";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { requestText } from "./harness/client.ts";
import { startLoad } from "./harness/constant-load.ts";
import { PROJECT } from "./harness/command.ts";
import { type Gateway, type Json, sumOfSeries, waitReady } from "./harness/gateway.ts";
import { frontend, rule, service } from "./harness/objects.ts";
import { readHead, value } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { deadline, eventually, sleep } from "./harness/wire.ts";
import { cpuTicks, isAlive, workersOf } from "./harness/worker-processes.ts";

const WORKERS = ["--workers", "2"];

/** Lines of the log that workers have written about serving: their process ids, in order. */
function started({ process: { stderr } }: Gateway): number[] {
  return stderr.flatMap((line) => {
    const { message, pid } = JSON.parse(line);
    return message === "worker serves" ? [pid] : [];
  });
}

describe("two workers", () => {
  let site: Site;
  before(async () => {
    site = await startSite({
      args: [...WORKERS, "--middleware", `tag=${PROJECT}/tests/blackbox/fixtures/tag-request.ts`],
      objects: [
        rule({
          name: "tagged",
          frontend: "web",
          dslx: [{ type: "URL", values: [["STARTS_WITH", "/tagged"]] }],
          priority: 1,
          services: [{ name: "app" }],
          config: { middlewares: [{ name: "tag", options: { show: "user-agent" } }] },
        }),
      ],
    });
  });
  after(() => stopSite(site));

  it("are two processes beside the supervisor, and /readyz and / speak of both", async () => {
    assert.deepEqual(workersOf(site.gateway).sort(), started(site.gateway).sort());
    assert.equal(workersOf(site.gateway).length, 2);
    const index = JSON.parse((await site.gateway.fetch("/")).body);
    assert.deepEqual([index.pid, index.workers], [site.gateway.process.pid, 2]);
    assert.equal(await site.gateway.metric("albatross_workers"), 2);
  });

  it("share connections, and counts and the access log are of both", async () => {
    const before = await site.gateway.metric("albatross_requests_total");
    const pids = workersOf(site.gateway);
    const cpu = pids.map(cpuTicks);
    const isIdle = (pid: number, index: number): boolean => cpuTicks(pid) <= cpu[index]!;
    let asked = 0;
    while (asked < 200 || asked < 2000 && pids.some(isIdle)) {
      assert.equal((await site.request({ target: `/n${asked++}` })).status, 200);
    }
    assert.deepEqual(pids.filter(isIdle), [], "workers have had nothing to do");
    await eventually(
      async () => await site.gateway.metric("albatross_requests_total") === before + asked,
      () => `not ${asked} requests are counted`,
    );
    const text = (await site.gateway.fetch("/metrics")).body;
    assert.equal(
      sumOfSeries(text, "albatross_request_duration_seconds_count", {}),
      sumOfSeries(text, "albatross_requests_total", {}),
    );
    assert.equal(
      sumOfSeries(text, "albatross_request_duration_seconds_bucket", { le: "+Inf" }),
      sumOfSeries(text, "albatross_requests_total", {}),
    );
    await eventually(
      async () => await site.gateway.metric("albatross_connections") === 0,
      () => "connections are left",
    );
    await eventually(
      () => new Set(site.gateway.accessLog().map(({ target }) => target)).size >= asked,
      () => `of ${asked} exchanges ${site.gateway.accessLog().length} are logged`,
    );
  });

  it("add up what the admin API tells", async () => {
    const open = await Promise.all(Array.from({ length: 12 }, () => site.dial()));
    for (const connection of open) await connection.send(requestText({}));
    for (const connection of open) await readHead(connection);
    const { listeners } = await site.gateway.api("listeners");
    assert.deepEqual(
      listeners.map(({ name, state, addresses, connections }: Record<string, unknown>) => ({
        name,
        state,
        addresses,
        connections,
      })),
      [{ name: "web", state: "serving", addresses: [LOOPBACK], connections: 12 }],
    );
    assert.equal(await site.gateway.metric("albatross_connections"), 12);
    for (const connection of open) connection.close();
    const { upstreams } = await site.gateway.api("upstreams");
    const [endpoint] = upstreams.find(({ name }: { name: string }) => name === "default/r1").endpoints;
    assert.equal(endpoint.endpoint, site.upstream.endpoint);
    assert.ok(endpoint.requests >= 12, JSON.stringify(endpoint));
  });

  it("load middlewares of the user's own", async () => {
    for (let i = 0; i < 10; i++) {
      const response = await site.request({ target: "/tagged", fields: [["User-Agent", "tests"]] });
      assert.equal(response.status, 200);
    }
    const tagged = site.upstream.requests.filter(({ target }) => target === "/tagged");
    assert.equal(tagged.length, 10);
    for (const request of tagged) assert.equal(value(request, "x-seen"), "tests");
  });

  it("find a port that another program uses, and take it when it is free", async () => {
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, LOOPBACK, resolve));
    site.gateway.write("second.yaml", [
      frontend({ name: "second", port }),
      rule({ name: "r2", frontend: "second", services: [{ name: "app" }] }),
    ]);
    try {
      const problem = await eventually(
        async () => {
          const { problems } = await site.gateway.api("problems");
          return problems.find(({ code }: { code: string }) => code === "ListenerFailed");
        },
        () => "the port in use is no problem",
      );
      assert.equal(problem.object.name, "second");
      assert.match(problem.reason, /port \d+ is in use by another process/);
      const { listeners } = await site.gateway.api("listeners");
      const shown = listeners.find((each: Json) => each.port === port);
      assert.deepEqual([shown.state, shown.addresses, shown.reason], ["failed", [], problem.reason]);
      assert.equal((await site.request()).status, 200, "the others serve");
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    await eventually(
      async () => {
        const { listeners } = await site.gateway.api("listeners");
        return listeners.every(({ state, addresses }: Json) => state === "serving" && addresses.length > 0);
      },
      () => "the port is not served when it is free",
    );
    assert.deepEqual((await site.gateway.api("problems")).problems, []);
    site.gateway.remove("second.yaml");
  });

  it("let the older of two Frontends on a port serve, and tell the younger", async () => {
    // Without times, names decide: "web" is first.
    site.gateway.write("younger.yaml", [frontend({ name: "younger", port: site.port })]);
    const problem = await eventually(
      async () => {
        const { problems } = await site.gateway.api("problems");
        return problems.find(({ object }: Json) => object.name === "younger");
      },
      () => "two Frontends on one port are no problem",
    );
    assert.deepEqual([problem.code, problem.object.kind], ["ListenerConflict", "Frontend"]);
    for (let n = 0; n < 10; n++) assert.equal((await site.request()).status, 200);
    site.gateway.remove("younger.yaml");
    await eventually(
      async () => (await site.gateway.api("problems")).problems.length === 0,
      () => "the problem stays",
    );
  });

  it("take edits of the configuration without losing a request", async () => {
    const load = startLoad({ host: site.host, port: site.port });
    let edits = 0;
    // On a busy machine it takes more of them until as many requests have met one.
    while (edits < 20 || load.answered <= 500 && edits < 200) {
      const edit = edits++;
      site.gateway.write("edits.yaml", [
        rule({
          name: `edit-${edit}`,
          frontend: "web",
          dslx: [{ type: "URL", values: [["STARTS_WITH", `/edit-${edit}`]] }],
          services: [{ name: "app" }],
        }),
        ...service({ name: `spare-${edit}`, endpoints: [site.upstream.endpoint] }),
      ]);
      await sleep(100);
    }
    await load.stop();
    assert.deepEqual(load.failures, []);
    assert.ok(load.answered > 500, `only ${load.answered} requests`);
    const { revision } = JSON.parse((await site.gateway.fetch("/")).body);
    assert.ok(revision >= 10, `${revision} tables for 20 edits`);
    assert.equal((await site.request({ target: `/edit-${edits - 1}` })).status, 200);
  });

  it("explain and problems are the supervisor's", async () => {
    const { route } = await site.gateway.api(`explain?url=http://a.com:${site.port}/tagged`);
    assert.equal(route.name, "tagged");
  });
});

describe("a worker that dies", () => {
  let site: Site;
  before(async () => {
    site = await startSite({ args: WORKERS });
  });
  after(() => stopSite(site));

  it("costs its own exchanges only, is replaced, and takes no counts with it", async () => {
    const load = startLoad({ host: site.host, port: site.port, fresh: 2, kept: 8 });
    const counted = await eventually(
      async () => load.answered > 100 && await site.gateway.metric("albatross_requests_total") || undefined,
      () => `${load.answered} requests are answered, and none is counted`,
    );
    const [victim, other] = workersOf(site.gateway) as [number, number];
    process.kill(victim, "SIGKILL");
    await eventually(
      async () => (await site.gateway.fetch("/readyz")).status === 503,
      () => "/readyz does not tell",
    );
    assert.ok(await site.gateway.metric("albatross_requests_total") >= counted, "counts went backwards");
    await waitReady(site.gateway);
    const answered = load.answered;
    await eventually(() => load.answered > answered + 100, () => "requests are answered no more");
    await load.stop();
    // One for each client at most, and those whose connections waited at its listener.
    assert.ok(load.failures.length <= 10, load.failures.join("\n"));
    const now = workersOf(site.gateway);
    assert.ok(now.includes(other) && !now.includes(victim) && now.length === 2, `${now}`);
    assert.equal(await site.gateway.metric("albatross_worker_restarts_total"), 1);
    assert.ok(await site.gateway.metric("albatross_requests_total") >= counted, "counts went backwards");
  });

  it("comes back with the table of today", async () => {
    site.gateway.write("late.yaml", [
      rule({
        name: "late",
        frontend: "web",
        priority: 1,
        dslx: [{ type: "URL", values: [["EQ", "/late"]] }],
        services: [{ name: "app" }],
        spec: { rewrite_base: "^/late$", rewrite_target: "/rewritten" },
      }),
    ]);
    await eventually(
      async () =>
        (await site.request({ target: "/late" })).status === 200 &&
        site.upstream.requests.at(-1)!.target === "/rewritten",
      () => "the edit is not served",
    );
    const before = workersOf(site.gateway);
    const known = started(site.gateway).filter((pid) => !before.includes(pid)).length;
    for (const pid of before) process.kill(pid, "SIGKILL");
    await eventually(
      () => started(site.gateway).filter((pid) => !before.includes(pid)).length >= known + 2,
      () => `they are not replaced; ${site.gateway.process.stderr.join("\n")}`,
    );
    await waitReady(site.gateway);
    for (let i = 0; i < 10; i++) {
      assert.equal((await site.request({ target: "/late" })).status, 200);
      assert.equal(site.upstream.requests.at(-1)!.target, "/rewritten");
    }
  });
});

describe("the end of a supervisor", () => {
  it("drains in all workers, and exits 0", async () => {
    const site = await startSite({ args: [...WORKERS, "--drain-timeout", "20s"], handler: null });
    const clients = await Promise.all(Array.from({ length: 8 }, () => site.dial()));
    for (const client of clients) await client.send(requestText({}));
    const upstreams = await Promise.all(clients.map(() => site.upstream.nextConnection()));
    for (const upstream of upstreams) await readHead(upstream);
    const workers = workersOf(site.gateway);
    site.gateway.process.signal("SIGTERM");
    await eventually(
      () => site.dial().then((open) => void open.close(), () => true),
      () => "still accepting",
    );
    for (const upstream of upstreams) await upstream.send(reply(200, [], "bye"));
    for (const client of clients) {
      const head = await readHead(client);
      assert.match(head.startLine, / 200 /);
      assert.equal(value(head, "connection"), "close");
    }
    const exit = await deadline(site.gateway.process.exited, () => "no exit");
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.deepEqual(workers.filter(isAlive), []);
    await eventually(() => site.gateway.accessLog().length === 8, () => "not all exchanges are logged");
    await stopSite(site);
  });

  it("a second signal does not wait, and leaves no worker behind", async () => {
    const site = await startSite({ args: [...WORKERS, "--drain-timeout", "60s"], handler: null });
    const client = await site.dial();
    await client.send(requestText({}));
    await readHead(await site.upstream.nextConnection());
    const workers = workersOf(site.gateway);
    site.gateway.process.signal("SIGTERM");
    await site.gateway.process.waitForLine("stderr", (line) => line.includes('"draining"'));
    site.gateway.process.signal("SIGTERM");
    const { code } = await deadline(site.gateway.process.exited, () => "no exit");
    assert.equal(code, 143);
    await eventually(() => !workers.some(isAlive), () => "workers are left behind");
    await site.upstream.close();
  });

  it("ends also when its workers are killed in that moment", async () => {
    for (const pauseMs of [0, 20, 60]) {
      const site = await startSite({ args: WORKERS });
      for (const pid of workersOf(site.gateway)) process.kill(pid, "SIGKILL");
      await sleep(pauseMs);
      await stopSite(site);
    }
  });

  it("by SIGKILL leaves no worker behind", async () => {
    const site = await startSite({ args: WORKERS });
    const workers = workersOf(site.gateway);
    assert.equal(workers.length, 2);
    site.gateway.process.signal("SIGKILL");
    await site.gateway.process.exited;
    await eventually(() => !workers.some(isAlive), () => "workers are left behind");
    await site.upstream.close();
  });

  it("a signal to the whole group is followed once", async () => {
    const site = await startSite({ args: [...WORKERS, "--drain-delay", "10s"] });
    for (const pid of [...workersOf(site.gateway), site.gateway.process.pid]) process.kill(pid, "SIGTERM");
    await site.gateway.process.waitForLine("stderr", (line) => line.includes('"draining"'));
    await sleep(200);
    assert.equal((await site.request()).status, 200, "still serving during the delay");
    const exit = await deadline(site.gateway.process.exited, () => "no exit");
    assert.deepEqual(exit, { code: 0, signal: null });
    await stopSite(site);
  });
});
