/** SIGTERM: not ready at once, still serving for the delay, then finishing what is in flight, then exit 0. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { dial, requestText } from "./harness/client.ts";
import { readHead, readResponse, value } from "./harness/message.ts";
import { it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { deadline, eventually, latin1, sleep } from "./harness/wire.ts";

async function withSite(args: readonly string[], body: (site: Site) => Promise<void>): Promise<void> {
  const site = await startSite({ args, handler: null });
  try {
    await body(site);
  } finally {
    await stopSite(site);
  }
}

function exits(site: Site) {
  return deadline(site.gateway.process.exited, () => `no exit; ${site.gateway.process.stderr.join("\n")}`);
}

describe("drain", () => {
  it("serves during the delay but is not ready, then refuses and exits", async () => {
    // Longer than a busy machine needs for the two looks.
    await withSite(["--drain-delay", "3s", "--drain-timeout", "5s"], async (site) => {
      site.upstream.handler = () => reply(200, [], "still here");
      site.gateway.process.signal("SIGTERM");
      const readiness = await eventually(
        async () => {
          const response = await site.gateway.fetch("/readyz");
          return response.status === 503 && response;
        },
        () => "/readyz is still 200",
        2500,
      );
      assert.match(readiness.body, /drain/);
      assert.equal((await site.request()).body, "still here");
      assert.deepEqual(await exits(site), { code: 0, signal: null });
      await assert.rejects(site.dial(), /ECONNREFUSED/);
    });
  });

  it("finishes exchanges in flight, closes idle connections and accepts no others", async () => {
    // Long: what ends by itself must not have to wait for it.
    const args = ["--drain-delay", "0s", "--drain-timeout", "60s", "--limits", "drainIdleMs=500"];
    await withSite(args, async (site) => {
      site.upstream.handler = () => reply(200, [], "ok");
      const idle = await site.dial();
      await idle.send(requestText({}));
      await readResponse(idle);
      site.upstream.handler = null;
      for (const connection of site.upstream.connections) connection.close();
      await sleep(50);

      const busy = await site.dial();
      await busy.send(requestText({}));
      const upstream = await site.upstream.nextConnection();
      await readHead(upstream);
      await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
      assert.match((await readHead(busy)).startLine, / 200 /);

      site.gateway.process.signal("SIGTERM");
      await idle.ended;
      await eventually(
        () => dial({ host: site.host, port: site.port }).then((open) => void open.close(), () => true),
        () => "still accepting",
      );
      await upstream.send("final");
      assert.equal(latin1(await busy.readExactly(10)), "firstfinal");
      await deadline(busy.ended, () => "the end of a connection that has nothing under way any more");
      assert.deepEqual(await exits(site), { code: 0, signal: null });
    });
  });

  it("tells clients that go on asking to close", async () => {
    await withSite(["--drain-delay", "0s", "--drain-timeout", "8s"], async (site) => {
      const client = await site.dial();
      await client.send(requestText({}));
      const upstream = await site.upstream.nextConnection();
      await readHead(upstream);
      site.gateway.process.signal("SIGTERM");
      await sleep(200);
      await upstream.send(reply(200, [], "bye"));
      const response = await readResponse(client);
      assert.deepEqual([response.body, value(response, "connection")], ["bye", "close"]);
      assert.deepEqual(await exits(site), { code: 0, signal: null });
    });
  });

  it("tells clients from the first moment, and loses none that asks again and again", async () => {
    await withSite(["--drain-delay", "1s", "--drain-timeout", "5s"], async (site) => {
      site.upstream.handler = () => reply(200, [], "ok");
      const told: (string | undefined)[] = [];
      const clients = Array.from({ length: 8 }, async () => {
        let client = await site.dial();
        for (;;) {
          await client.send(requestText({}));
          const response = await readResponse(client);
          assert.equal(response.body, "ok");
          const connection = value(response, "connection");
          told.push(connection);
          if (connection === "close") {
            await client.ended;
            client.close();
            const next = await site.dial().catch(() => undefined);
            if (next === undefined) return;
            client = next;
          }
          await sleep(5);
        }
      });
      await sleep(200);
      assert.ok(told.length > 8 && !told.includes("close"));
      site.gateway.process.signal("SIGTERM");
      await Promise.all(clients);
      assert.ok(told.includes("close"));
      assert.deepEqual(await exits(site), { code: 0, signal: null });
    });
  });

  it("cuts what is not finished in time", async () => {
    await withSite(["--drain-delay", "0s", "--drain-timeout", "500ms"], async (site) => {
      const client = await site.dial();
      await client.send(requestText({}));
      await readHead(await site.upstream.nextConnection());
      site.gateway.process.signal("SIGTERM");
      await client.ended;
      assert.deepEqual(await exits(site), { code: 0, signal: null });
    });
  });

  it("a second signal does not wait any longer", async () => {
    const site = await startSite({ args: ["--drain-delay", "0s", "--drain-timeout", "60s"], handler: null });
    const client = await site.dial();
    await client.send(requestText({}));
    await readHead(await site.upstream.nextConnection());
    site.gateway.process.signal("SIGTERM");
    await sleep(300);
    assert.equal(site.gateway.process.exit(), undefined, "the exchange is waited for");
    site.gateway.process.signal("SIGTERM");
    const { code } = await exits(site);
    assert.equal(code, 143, "as a program that SIGTERM ended");
    client.close();
    await site.upstream.close();
  });
});
