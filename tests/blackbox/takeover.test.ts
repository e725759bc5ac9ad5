/** `--takeover`: a second instance takes the ports of the first, and clients do not notice. */
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { albatrossCommand } from "./harness/command.ts";
import { startLoad } from "./harness/constant-load.ts";
import type { Json } from "./harness/gateway.ts";
import { readHead } from "./harness/message.ts";
import { frontend, rule, underPath } from "./harness/objects.ts";
import { type Process, runProcess, startProcess } from "./harness/process.ts";
import { it, type Site, startSite } from "./harness/suite.ts";
import { deadline, eventually, latin1, sleep } from "./harness/wire.ts";

/** Three processes start in it, or a drain is waited for, on a busy machine. */
const SLOW_MS = 60_000;
const ARGS = ["--drain-delay", "1s", "--drain-timeout", "20s"];

/** An instance with the same files and addresses as that of the site. */
function successor({ gateway }: Site, args: readonly string[] = []): Process {
  return startProcess(albatrossCommand([
    ...["run", "--config", gateway.directory, "--bind", LOOPBACK, ...ARGS],
    ...["--admin", `${gateway.admin.host}:${gateway.admin.port}`, "--workers", "1", "--takeover", ...args],
  ]));
}

async function index({ gateway }: Site): Promise<Json> {
  return JSON.parse((await gateway.fetch("/")).body);
}

/** Waits until the admin plane is the process's. */
function answersAs(site: Site, { pid, stderr }: Process): Promise<unknown> {
  return eventually(
    async () => (await index(site).catch(() => undefined))?.pid === pid,
    () => `${pid} has not taken over: ${stderr.join("\n")}`,
    SLOW_MS,
  );
}

function exits(process: Process): Promise<unknown> {
  return deadline(process.exited, () => `no exit: ${process.stderr.join("\n")}`, SLOW_MS);
}

async function end(site: Site, ...processes: readonly Process[]): Promise<void> {
  for (const process of processes) {
    process.signal("SIGTERM");
    await exits(process);
  }
  await site.gateway.stop();
  await site.upstream.close();
}

/** Without it the kernel resets what arrives in the moment in which a port changes hands. */
const MIGRATION = "/proc/sys/net/ipv4/tcp_migrate_req";
const skip = (() => {
  try {
    accessSync(MIGRATION, constants.W_OK);
    return false;
  } catch {
    return `needs root and a writable ${MIGRATION}`;
  }
})();

for (const workers of [1, 2]) {
  describe(`taking over with ${workers === 1 ? "one worker" : `${workers} workers`}`, () => {
    it("loses no request under constant load, three times in a row", { skip }, async () => {
      const args = ["--workers", String(workers)];
      const site = await startSite({ args: [...ARGS, ...args] });
      const load = startLoad({ host: site.host, port: site.port, fresh: 4, kept: 6, pauseMs: 2 });
      await sleep(500);
      let current = site.gateway.process;
      for (let turn = 0; turn < 3; turn++) {
        const next = successor(site, args);
        await answersAs(site, next);
        assert.deepEqual(await exits(current), { code: 0, signal: null });
        current = next;
        await sleep(200);
      }
      await eventually(
        () => load.answered > 500 && load.reused > 200,
        () => `${load.answered} requests, ${load.reused} reused`,
      );
      await load.stop();
      assert.deepEqual(load.failures, []);
      await end(site, current);
    });
  });
}

describe("taking over", () => {
  it("lets what the old instance has under way end there, while the new one serves", async () => {
    const site = await startSite({ args: ARGS, handler: null });
    const client = await site.dial();
    await client.send(requestText({}));
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
    await readHead(client);
    const next = successor(site);
    await answersAs(site, next);
    site.upstream.handler = () => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew";
    for (let i = 0; i < 5; i++) assert.equal((await site.request()).body, "new");
    assert.equal(site.gateway.process.exit(), undefined, "the old instance waits for its exchange");
    await upstream.send("final");
    assert.equal(latin1(await client.readExactly(10)), "firstfinal");
    assert.deepEqual(await exits(site.gateway.process), { code: 0, signal: null });
    await end(site, next);
  });

  it("starts as ever where nobody runs", async () => {
    const site = await startSite({ args: ["--takeover"] });
    assert.ok(site.gateway.process.stderr.some((line) => line.includes("nothing to take over")));
    assert.equal((await site.request()).status, 200);
    await end(site);
  });

  it("is refused when another program has the admin address", async () => {
    const port = await freePort();
    const other = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"));
    await new Promise<void>((resolve) => other.listen(port, LOOPBACK, resolve));
    const site = await startSite();
    const { code, stderr } = await runProcess(albatrossCommand([
      ...["run", "--config", site.gateway.directory, "--bind", LOOPBACK, "--takeover"],
      ...["--admin", `${LOOPBACK}:${port}`],
    ]));
    assert.equal(code, 1);
    assert.match(stderr, /nothing that can be taken over answers at/);
    other.close();
    await end(site);
  });

  it("shares nothing but the ports of the instance that it takes over", async () => {
    const site = await startSite({ args: ARGS });
    const port = await freePort();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, LOOPBACK, resolve));
    site.gateway.write("second.yaml", [frontend({ name: "second", port })]);
    await site.gateway.process.waitForLine("stderr", (line) => line.includes("is in use by another process"));
    const next = successor(site);
    await answersAs(site, next);
    const { problems } = await site.gateway.api("problems");
    assert.deepEqual(problems.map(({ code, object }: Json) => [code, object.name]), [[
      "ListenerFailed",
      "second",
    ]]);
    other.close();
    await end(site, next);
  });

  it("without the flag a second instance finds the ports in use", async () => {
    const site = await startSite();
    const admin = await freePort();
    const second = startProcess(albatrossCommand([
      ...["run", "--config", site.gateway.directory, "--bind", LOOPBACK, "--workers", "2"],
      ...["--admin", `${LOOPBACK}:${admin}`, "--drain-delay", "0s"],
    ]));
    await second.waitForLine("stderr", (line) => line.includes("is in use by another process"));
    const ready = await eventually(
      () => request({ host: LOOPBACK, port: admin, target: "/readyz" }).catch(() => undefined),
      () => "no admin plane",
    );
    assert.equal(ready.status, 503);
    assert.equal(site.gateway.process.exit(), undefined);
    (await dial({ host: site.host, port: site.port })).close();
    await end(site, second);
  });

  it("names what only the old instance has a good version of", async () => {
    const site = await startSite({ args: ARGS });
    const toBlame = (dslx: Json) =>
      site.gateway.write("blame.yaml", [rule({ name: "blame", frontend: "web", dslx })]);
    toBlame(underPath("/blame"));
    await eventually(
      async () =>
        (await site.gateway.api("table")).listeners[0].routes.some(({ name }: Json) => name === "blame"),
      () => "the rule is not served",
      SLOW_MS,
    );
    toBlame([{ type: "URL", values: [["NOPE", "/"]] }]);
    await eventually(
      async () =>
        (await site.gateway.api("problems")).problems.some(({ object }: Json) => object.name === "blame"),
      () => "no problem is told",
      SLOW_MS,
    );
    const next = successor(site);
    await answersAs(site, next);
    const warning = await next.waitForLine("stderr", (line) => line.includes("last good versions"));
    assert.deepEqual(JSON.parse(warning).stale, ["Rule default/blame"]);
    await end(site, next);
  });

  it("is given up when the new instance does not become ready; the old one serves on", async () => {
    const site = await startSite({ args: ARGS });
    const next = successor(site, ["--config", "/no/such/file.yaml", "--middleware", "x=/no/such/module.ts"]);
    assert.deepEqual(await exits(next), { code: 1, signal: null });
    assert.equal((await site.request()).status, 200);
    assert.equal((await index(site)).pid, site.gateway.process.pid);
    await end(site);
  });
});
