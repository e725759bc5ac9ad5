/** Whatever becomes of the readers of the logs, traffic goes on, lost lines are counted, and the program still ends. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";
import { describe } from "node:test";
import { freePorts, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { request } from "../blackbox/harness/client.ts";
import { albatrossCommand } from "../blackbox/harness/command.ts";
import { sumOfSeries } from "../blackbox/harness/gateway.ts";
import { documents, frontend } from "../blackbox/harness/objects.ts";
import { it } from "../blackbox/harness/suite.ts";
import { deadline, eventually } from "../blackbox/harness/wire.ts";

/** More than the pipe (64 KiB) and the program's own buffer (1 MiB) hold. */
const REQUESTS = 200;
const TARGET = `/${"x".repeat(8000)}`;

type Stdout = number | "pipe";

/** Runs a gateway with `stdout`, sends it requests, and returns the number of log lines that it says it lost. */
async function serveWith(
  stdout: Stdout,
  prepare: (stdout: { destroy(): void } | null) => void,
  stderr: Stdout = "pipe",
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "albatross-output-"));
  const [port, admin] = await freePorts(2) as [number, number];
  writeFileSync(join(directory, "web.yaml"), documents([frontend({ name: "web", port })]));
  const [program, ...args] = albatrossCommand([
    "run",
    ...["--config", directory, "--bind", LOOPBACK, "--admin", `${LOOPBACK}:${admin}`],
    ...["--drain-delay", "0s", "--drain-timeout", "1s"],
  ]);
  const child = spawn(program!, args, { stdio: ["ignore", stdout, stderr] });
  child.stderr?.resume();
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  try {
    const get = (target: string, to = admin) => request({ host: LOOPBACK, port: to, target });
    await eventually(
      () => get("/readyz").then(({ status }) => status === 200, () => false),
      () => "not ready",
    );
    prepare(child.stdout);
    for (let n = 0; n < REQUESTS; n++) assert.equal((await get(TARGET, port)).status, 404);
    const dropped = await eventually(
      async () => sumOfSeries((await get("/metrics")).body, "albatross_access_log_dropped_total", {}),
      () => "no line was lost",
    );
    if (stderr !== "pipe") {
      await eventually(async () => {
        process.kill(child.pid!, "SIGHUP"); // which is told in the log
        return sumOfSeries((await get("/metrics")).body, "albatross_log_dropped_total", {}) > 0;
      }, () => "no line of the program's own log was lost");
      assert.equal((await get("/", port)).status, 404);
    }
    process.kill(child.pid!, "SIGTERM"); // not child.kill: Deno then reports the signal as the exit
    assert.equal(await deadline(exited, () => "the program did not end"), 0);
    return dropped;
  } finally {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  }
}

describe("access log", () => {
  it("to a full disk", async () => {
    const full = openSync("/dev/full", "w");
    try {
      const dropped = await serveWith(full, () => {});
      assert.ok(dropped > 0 && dropped <= REQUESTS, `${dropped} lines`);
    } finally {
      closeSync(full);
    }
  });

  it("and the program's own log to a full disk", async () => {
    const full = openSync("/dev/full", "w");
    try {
      assert.ok(await serveWith(full, () => {}, full) > 0);
    } finally {
      closeSync(full);
    }
  });

  it("to a reader that has gone", async () => {
    const dropped = await serveWith("pipe", (stdout) => stdout?.destroy());
    assert.ok(dropped > 0 && dropped <= REQUESTS, `${dropped} lines`);
  });

  it("to a reader that does not read", async () => {
    const directory = mkdtempSync(join(tmpdir(), "albatross-fifo-"));
    const path = join(directory, "fifo");
    execFileSync("mkfifo", [path]);
    const fifo = openSync(path, constants.O_RDWR); // both ends are open, and nobody reads
    try {
      assert.ok(await serveWith(fifo, () => {}) > 0);
    } finally {
      closeSync(fifo);
      rmSync(directory, { recursive: true });
    }
  });
});
