/** Workers whose event loop stands still: the supervisor replaces them, and everything else goes on meanwhile. */
// slow: a worker is replaced after half a minute of silence
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import { PROJECT } from "./harness/command.ts";
import { waitReady } from "./harness/gateway.ts";
import { readResponse, type Response } from "./harness/message.ts";
import { rule, underPath } from "./harness/objects.ts";
import { it, withSite } from "./harness/suite.ts";
import { type Connection, eventually } from "./harness/wire.ts";
import { cpuTicks, workersOf } from "./harness/worker-processes.ts";

/** Half a minute, and what a busy machine takes to end and to start a worker. */
const REPLACED_MS = 120_000;
/** A changed file is live on a busy machine, long before somebody is replaced. */
const LIVE_MS = 15_000;

/** The answer that comes on the connection, or undefined when it is lost. */
async function ask(client: Connection, target: string): Promise<Response | undefined> {
  try {
    await client.send(requestText({ target }));
    return await readResponse(client);
  } catch {
    return undefined;
  }
}

describe("two of three workers hang", () => {
  const args = ["--workers", "3", "--middleware", `endless=${PROJECT}/tests/blackbox/fixtures/endless.ts`];
  const config = { middlewares: [{ name: "endless" }] };

  it("they are replaced; the third serves on and takes every change", { timeout: 200_000 }, async () => {
    await withSite({ args, config }, async (site) => {
      const { gateway } = site;
      const before = workersOf(gateway);
      assert.equal(before.length, 3);
      const clients = await Promise.all(Array.from({ length: 30 }, () => site.dial()));
      for (const client of clients) assert.equal((await ask(client, "/"))?.status, 200);

      // One is in an endless loop, one is stopped from outside.
      const endless = await site.dial();
      const ticks = new Map(before.map((pid) => [pid, cpuTicks(pid)]));
      await endless.send(requestText({ target: "/endless" }));
      const looping = await eventually(
        () => before.find((pid) => cpuTicks(pid) > ticks.get(pid)! + 50),
        () => "no worker is busy",
        LIVE_MS,
      );
      const [stopped, living] = before.filter((pid) => pid !== looping) as [number, number];
      process.kill(stopped, "SIGSTOP");

      const client = await Promise.any(clients.map(async (client) => {
        assert.equal((await ask(client, "/"))?.status, 200);
        return client;
      }));
      for (const name of ["one", "two", "three"]) {
        gateway.write(`${name}.yaml`, [
          rule({
            name,
            frontend: "web",
            priority: 1,
            dslx: underPath(`/${name}`),
            services: [{ name: "app" }],
            config: { redirect: { code: 301, url: `/moved-${name}` } },
          }),
        ]);
        await eventually(
          async () => (await ask(client, `/${name}`))?.status === 301,
          () => `change ${name} is not served; ${gateway.process.stderr.join("\n")}`,
          LIVE_MS,
        );
      }
      assert.deepEqual(workersOf(gateway).sort(), before.sort(), "nobody was replaced yet");

      await eventually(
        () => !workersOf(gateway).some((pid) => pid === looping || pid === stopped),
        () => `not replaced; ${gateway.process.stderr.join("\n")}`,
        REPLACED_MS,
      );
      await waitReady(gateway);
      assert.ok(workersOf(gateway).includes(living), "the third has served all the time");
      assert.equal(workersOf(gateway).length, 3);
      assert.equal((await ask(client, "/"))?.status, 200, "on the connection of before");
      assert.equal(await gateway.metric("albatross_worker_restarts_total"), 2);
      const told = gateway.process.stderr.map((line) => JSON.parse(line))
        .filter(({ message }) => message === "worker does not answer; it is replaced");
      assert.deepEqual(new Set(told.map(({ pid }) => pid)), new Set([looping, stopped]));
      for (let n = 0; n < 20; n++) assert.equal((await site.request({ target: "/three" })).status, 301);
      for (const each of [...clients, endless]) each.close();
    });
  });
});
