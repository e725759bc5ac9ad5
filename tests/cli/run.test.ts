/** The program's own life: starting, reloading, stopping. What it does with traffic is tested in `tests/blackbox`. */
import { createServer } from "node:net";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import { freePort, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { dial, request } from "../blackbox/harness/client.ts";
import { albatrossCommand } from "../blackbox/harness/command.ts";
import { startGateway } from "../blackbox/harness/gateway.ts";
import { frontend, rule } from "../blackbox/harness/objects.ts";
import { runProcess, startProcess } from "../blackbox/harness/process.ts";
import { it } from "../blackbox/harness/suite.ts";
import { deadline, eventually } from "../blackbox/harness/wire.ts";

const BROKEN_RULE = rule({ name: "r1", frontend: "web", dslx: [{ type: "URL", values: [["NOPE", "/"]] }] });

describe("run", () => {
  let directory: string;
  let file: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "albatross-run-"));
    file = join(directory, "empty.yaml");
    writeFileSync(file, "");
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("exits 1 when the admin address is taken", async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, LOOPBACK, resolve));
    try {
      const { code, stderr } = await runProcess(
        albatrossCommand(["run", "--config", file, "--admin", `${LOOPBACK}:${port}`]),
      );
      assert.equal(code, 1);
      assert.match(
        stderr,
        /"cannot start","error":"--admin [\d.]+:\d+ cannot be listened on: [^"]*EADDRINUSE[^"]*"}/,
      );
    } finally {
      taken.close();
    }
  });

  it("exits 1 when a middleware cannot be loaded", async () => {
    const { code, stderr } = await runProcess(
      albatrossCommand(["run", "--config", file, "--middleware", "x=/no/such/module.ts"]),
    );
    assert.equal(code, 1);
    assert.match(stderr, /cannot start.*middleware .{0,2}"x/);
  });

  it("exits 2 for settings that cannot be used, and names them all", async () => {
    const settings = join(directory, "settings.yaml");
    writeFileSync(settings, "drainDelay: soon\ncolour: red\n");
    const { code, stderr } = await runProcess(
      albatrossCommand(["run", "--config", file, "--workers", "0", "--settings", settings]),
      { env: { ALBATROSS_LOG_LEVEL: "loud" } },
    );
    assert.equal(code, 2);
    for (const part of ['--workers "0"', 'drainDelay "soon"', '"colour"', 'ALBATROSS_LOG_LEVEL "loud"']) {
      assert.ok(stderr.includes(part), `${part} in ${stderr}`);
    }
  });

  it("takes settings from flags, environment and file, in this order", async () => {
    const settings = join(directory, "settings.yaml");
    writeFileSync(
      settings,
      `config: ["${file}"]\nlogFormat: text\nlogLevel: error\nadmin: "${LOOPBACK}:0"\n`,
    );
    const child = startProcess(
      albatrossCommand(["run", "--settings", settings, "--log-level", "info", "--drain-delay", "0s"]),
      { env: { ALBATROSS_LOG_FORMAT: "json", ALBATROSS_LOG_LEVEL: "warn" } },
    );
    const line = await child.waitForLine("stderr", (text) => text.includes("admin plane"));
    const { address } = JSON.parse(line);
    const port = Number(address.split(":")[1]);
    assert.ok(port > 0);
    assert.equal((await request({ host: LOOPBACK, port, target: "/livez" })).status, 200);
    await child.waitForLine("stderr", (text) => text.includes('"ready"'));
    child.signal("SIGINT");
    assert.deepEqual(await deadline(child.exited, () => "no exit"), { code: 0, signal: null });
  });

  it("is alive but not ready while every listener fails, and ready when the port is free", async () => {
    const port = await freePort();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, LOOPBACK, resolve));
    const gateway = await startGateway({ config: [frontend({ name: "web", port })], waitReady: false });
    try {
      await gateway.process.waitForLine("stderr", (text) => text.includes("ready"));
      assert.equal((await gateway.fetch("/livez")).status, 200);
      const readiness = await gateway.fetch("/readyz");
      assert.equal(readiness.status, 503);
      assert.match(readiness.body, new RegExp(`listener web \\(port ${port}\\)`));
      const [problem] = (await gateway.api("problems")).problems;
      assert.equal(problem.code, "ListenerFailed");
      taken.close();
      await eventually(
        async () => (await gateway.fetch("/readyz")).status === 200,
        () => "still not ready",
      );
      await gateway.process.waitForLine("stderr", (text) => text.includes("solved: Frontend default/web"));
      assert.deepEqual((await gateway.api("problems")).problems, []);
    } finally {
      taken.close();
      await gateway.stop();
    }
  });

  it("logs a problem once, also over reloads, and tells when it is solved", async () => {
    const web = frontend({ name: "web", port: await freePort() });
    const gateway = await startGateway({ config: [web, BROKEN_RULE] });
    try {
      const isAboutIt = (line: string) => /Rule default\/r1.*NOPE/.test(line);
      const mentions = () => gateway.process.stderr.filter(isAboutIt);
      await gateway.process.waitForLine("stderr", isAboutIt);
      assert.match(JSON.parse(mentions()[0]!).message, /main\.yaml:\d+ Rule default\/r1 spec\.dslx\[0\]/);
      assert.equal(await gateway.metric("albatross_config_problems", { severity: "error" }), 1);
      const seen = gateway.process.stderr.length;
      gateway.process.signal("SIGHUP");
      await gateway.process.waitForLine("stderr", (line) => line.includes('"reloading"'), seen);
      gateway.write("main.yaml", [frontend({ name: "later", port: await freePort() }), web, BROKEN_RULE]);
      await gateway.process.waitForLine("stderr", (line) => line.includes("configuration applied"), seen);
      assert.equal(mentions().length, 1);
      gateway.write("main.yaml", [web]);
      await gateway.process.waitForLine("stderr", (line) => /solved: .*Rule default\/r1/.test(line), seen);
      assert.equal(await gateway.metric("albatross_config_problems", { severity: "error" }), 0);
      assert.equal(await gateway.metric("albatross_config_last_reload_successful"), 1);
    } finally {
      await gateway.stop();
    }
  });

  it("says in metrics when what was read last is not what serves", async () => {
    const web = frontend({ name: "web", port: await freePort() });
    const gateway = await startGateway({ config: [web] });
    try {
      gateway.write("main.yaml", "kind: [");
      await eventually(
        async () => await gateway.metric("albatross_config_last_reload_successful") === 0,
        () => "still successful",
      );
      assert.equal((await gateway.fetch("/readyz")).status, 200);
      assert.equal(await gateway.metric("albatross_config_reloads_total", { result: "failure" }), 1);
    } finally {
      await gateway.stop();
    }
  });

  it("ends at once at a second signal", async () => {
    const web = frontend({ name: "web", port: await freePort() });
    const gateway = await startGateway({ config: [web], args: ["--drain-delay", "10m"] });
    gateway.process.signal("SIGTERM");
    await gateway.process.waitForLine("stderr", (line) => line.includes('"draining"'));
    gateway.process.signal("SIGTERM");
    const exit = await deadline(gateway.process.exited, () => "no exit");
    assert.equal(exit.code, 143);
  });

  it("stops when it is told to before it is ready", async () => {
    const web = frontend({ name: "web", port: await freePort() });
    const gateway = await startGateway({ config: [web], args: ["--drain-delay", "0s"], waitReady: false });
    await gateway.process.waitForLine("stderr", (line) => line.includes("admin plane"));
    gateway.process.signal("SIGTERM");
    const exit = await deadline(gateway.process.exited, () => "no exit");
    assert.deepEqual(exit, { code: 0, signal: null });
  });

  it("has idle admin connections closed at the end", async () => {
    const web = frontend({ name: "web", port: await freePort() });
    const gateway = await startGateway({ config: [web] });
    const idle = await dial(gateway.admin);
    await idle.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    await idle.readUntil("ok\n");
    await gateway.stop();
    idle.close();
  });
});
