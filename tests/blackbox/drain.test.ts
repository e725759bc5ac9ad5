/** SIGTERM: not ready at once, still serving for the delay, then finishing what is in flight, then exit 0. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { dial, requestText } from "./harness/client.ts";
import { readHead, readResponse, type Response, value } from "./harness/message.ts";
import { it, type Site, startSite, withSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { type Connection, deadline, eventually, latin1, sleep } from "./harness/wire.ts";

function exits(site: Site) {
  return deadline(site.gateway.process.exited, () => `no exit; ${site.gateway.process.stderr.join("\n")}`);
}

/** Sends SIGTERM; resolves when it has come to something. */
async function drains(site: Site): Promise<void> {
  site.gateway.process.signal("SIGTERM");
  await site.gateway.process.waitForLine("stderr", (line) => line.includes('"draining"'));
}

async function ask(client: Connection): Promise<Response> {
  await client.send(requestText({}));
  return await readResponse(client);
}

describe("drain", () => {
  it("serves during the delay but is not ready, then refuses and exits", async () => {
    // Longer than a busy machine needs for the two looks.
    await withSite(
      { args: ["--drain-delay", "8s", "--drain-timeout", "5s"], handler: null },
      async (site) => {
        site.upstream.handler = () => reply(200, [], "still here");
        site.gateway.process.signal("SIGTERM");
        const readiness = await eventually(
          async () => {
            const response = await site.gateway.fetch("/readyz");
            return response.status === 503 && response;
          },
          () => "/readyz is still 200",
        );
        assert.match(readiness.body, /drain/);
        assert.equal((await site.request()).body, "still here");
        assert.deepEqual(await exits(site), { code: 0, signal: null });
        await assert.rejects(site.dial(), /ECONNREFUSED/);
      },
    );
  });

  it("finishes exchanges in flight, closes idle connections and accepts no others", async () => {
    // Long: what ends by itself must not have to wait for it.
    const args = ["--drain-delay", "0s", "--drain-timeout", "60s", "--limits", "drainIdleMs=500"];
    await withSite({ args, handler: null }, async (site) => {
      site.upstream.handler = () => reply(200, [], "ok");
      const idle = await site.dial();
      await idle.send(requestText({}));
      await readResponse(idle);
      site.upstream.handler = null;
      for (const connection of site.upstream.connections) connection.close();

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
    await withSite(
      { args: ["--drain-delay", "0s", "--drain-timeout", "60s"], handler: null },
      async (site) => {
        const client = await site.dial();
        await client.send(requestText({}));
        const upstream = await site.upstream.nextConnection();
        await readHead(upstream);
        await drains(site);
        await upstream.send(reply(200, [], "bye"));
        const response = await readResponse(client);
        assert.deepEqual([response.body, value(response, "connection")], ["bye", "close"]);
        assert.deepEqual(await exits(site), { code: 0, signal: null });
      },
    );
  });

  it("tells clients from the first moment, and loses none that asks again and again", async () => {
    // A client that gets no turn for a while must not count as idle.
    const args = ["--drain-delay", "1s", "--drain-timeout", "60s", "--limits", "drainIdleMs=30000"];
    await withSite(
      { args, handler: null },
      async (site) => {
        site.upstream.handler = () => reply(200, [], "ok");
        const told: (string | undefined)[] = [];
        const clients = Array.from({ length: 8 }, async () => {
          let client = await site.dial();
          for (let isFresh = true;;) {
            const response = await ask(client).catch(async (error) => {
              // Whoever connects in the microseconds in which a port closes is reset by the kernel, but nobody else is.
              assert.ok(isFresh, `a connection that was served and not told to close is lost: ${error}`);
              await assert.rejects(site.dial(), /ECONNREFUSED/, `lost while the port is open: ${error}`);
            });
            if (response === undefined) return;
            isFresh = false;
            assert.equal(response.body, "ok");
            const connection = value(response, "connection");
            told.push(connection);
            if (connection === "close") {
              await client.ended;
              client.close();
              const next = await site.dial().catch(() => undefined);
              if (next === undefined) return;
              client = next;
              isFresh = true;
            }
            await sleep(5);
          }
        });
        await eventually(() => told.length > 100, () => `${told.length} answers`);
        assert.ok(!told.includes("close"));
        site.gateway.process.signal("SIGTERM");
        await Promise.all(clients);
        assert.ok(told.includes("close"));
        assert.deepEqual(await exits(site), { code: 0, signal: null });
      },
    );
  });

  it("cuts what is not finished in time", async () => {
    await withSite(
      { args: ["--drain-delay", "0s", "--drain-timeout", "500ms"], handler: null },
      async (site) => {
        const client = await site.dial();
        await client.send(requestText({}));
        await readHead(await site.upstream.nextConnection());
        site.gateway.process.signal("SIGTERM");
        await client.ended;
        assert.deepEqual(await exits(site), { code: 0, signal: null });
      },
    );
  });

  it("a second signal does not wait any longer", async () => {
    const site = await startSite({ args: ["--drain-delay", "0s", "--drain-timeout", "60s"], handler: null });
    const client = await site.dial();
    await client.send(requestText({}));
    await readHead(await site.upstream.nextConnection());
    await drains(site);
    await sleep(300);
    assert.equal(site.gateway.process.exit(), undefined, "the exchange is waited for");
    site.gateway.process.signal("SIGTERM");
    const { code } = await exits(site);
    assert.equal(code, 143, "as a program that SIGTERM ended");
    client.close();
    await site.upstream.close();
  });
});
