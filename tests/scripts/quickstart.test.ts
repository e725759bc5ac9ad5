/** The README's first command, as a newcomer runs it: what it prints must work as printed. */
// runs alone: the quickstart listens on 127.0.0.1, where another test could be given the same port
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { connect, createServer } from "node:net";
import { describe } from "node:test";
import { freePorts } from "../blackbox/harness/addresses.ts";
import { PROJECT, TEST_RUNTIME } from "../blackbox/harness/command.ts";
import { startProcess } from "../blackbox/harness/process.ts";
import { it } from "../blackbox/harness/suite.ts";
import { eventually } from "../blackbox/harness/wire.ts";

const NO_CURL = spawnSync("curl", ["--version"]).error === undefined ? false : "curl is not installed";

describe("scripts/quickstart", () => {
  it("prints curl lines that work, and ends what it started", { skip: NO_CURL }, async () => {
    const ports = await freePorts(4, "127.0.0.1");
    const [PORT, ADMIN_PORT, STABLE_PORT, CANARY_PORT] = ports.map(String);
    const child = startProcess([`${PROJECT}/scripts/quickstart`], {
      cwd: PROJECT,
      env: { RUNTIME: TEST_RUNTIME, PORT, ADMIN_PORT, STABLE_PORT, CANARY_PORT } as Record<string, string>,
    });
    await eventually(
      () => child.stdout.some((line) => line.includes("Ctrl-C ends everything")),
      () => [...child.stdout, ...child.stderr].join("\n"),
    );

    const lines = child.stdout.map((line) => line.trim()).filter((line) => line.startsWith("curl "));
    assert.equal(lines.length, 5);
    for (const line of lines) {
      const expected = /# (.*): /.exec(line)?.[1]?.split(" or ") ?? [];
      const output = execFileSync("sh", ["-c", line.replace("curl", "curl -sS")], { encoding: "utf8" });
      assert.ok(expected.some((name) => output.startsWith(`${name} got GET /`)), `${line}\n${output}`);
      assert.match(output, /x-real-ip: 127\.0\.0\.1/);
    }
    const explain = child.stdout.map((line) => line.trim()).find((line) =>
      line.startsWith("scripts/albatross")
    );
    assert.match(execFileSync("sh", ["-c", `${explain}`], { encoding: "utf8", cwd: PROJECT }), /items/);

    child.signal("SIGINT");
    const exit = await child.exited;
    assert.equal(exit.code, 0);
    for (const port of ports) await assert.rejects(connected(port), /ECONNREFUSED/);
  });

  it("says which port is taken and how to choose another", async () => {
    const [PORT] = (await freePorts(1, "127.0.0.1")).map(String);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(Number(PORT), "127.0.0.1", resolve));
    try {
      const child = startProcess([`${PROJECT}/scripts/quickstart`], { env: { PORT: `${PORT}` } });
      assert.equal((await child.exited).code, 1);
      assert.match(child.stderr.join("\n"), new RegExp(`port ${PORT} for the gateway is in use; .*PORT=`));
    } finally {
      server.close();
    }
  });
});

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject).once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
