/** `scripts/albatross`: the program from source, wherever it is started. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { family } from "../../scripts/bench-runner/process.ts";
import { freePort, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { request } from "../blackbox/harness/client.ts";
import { PROJECT, TEST_RUNTIME } from "../blackbox/harness/command.ts";
import { documents, frontend } from "../blackbox/harness/objects.ts";
import { type Process, startProcess } from "../blackbox/harness/process.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";

/** What runtimes look for in the folder in which they are started; each would break the program, or run code in it. */
const TRAPS: Readonly<Record<string, string>> = {
  ".env": "ALBATROSS_ADMIN=nonsense\n",
  "bunfig.toml": 'preload = ["./no-such-file.ts"]\n',
  "tsconfig.json": '{ "compilerOptions": { "baseUrl": ".", "paths": { "zod": ["./no-such-file.ts"] } } }',
  "deno.json": '{ "imports": { "zod": "./no-such-file.ts" }, "nodeModulesDir": "none" }',
  "package.json": '{ "type": "commonjs", "imports": { "#x": "./no-such-file.ts" } }',
};

/** What `scripts/lib.sh` sets up for Deno. */
function wantedV8Flags(): string | undefined {
  return /^deno_v8_flags=(.+)$/m.exec(readFileSync(join(PROJECT, "scripts/lib.sh"), "utf8"))?.[1];
}

describe("scripts/albatross", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "albatross script "));
    for (const [name, text] of Object.entries(TRAPS)) writeFileSync(join(folder, name), text);
    symlinkSync(join(PROJECT, "scripts/albatross"), join(folder, "albatross"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const start = (...args: string[]): Process =>
    startProcess([join(folder, "albatross"), ...args], { cwd: folder, env: { RUNTIME: TEST_RUNTIME } });

  it("takes nothing from the folder in which it is started, nor do its workers", async () => {
    const port = await freePort();
    writeFileSync(join(folder, "web.yaml"), documents([frontend({ name: "web", port })]));
    const admin = `${LOOPBACK}:${await freePort()}`;
    const gateway = start(
      "run",
      "--config",
      "web.yaml",
      "--bind",
      LOOPBACK,
      "--admin",
      admin,
      "--workers",
      "2",
    );
    await gateway.waitForLine("stderr", (line) => line.includes('"ready"'));
    assert.equal((await request({ host: LOOPBACK, port })).status, 404);
    if (TEST_RUNTIME === "deno") {
      const processes = family(gateway.pid);
      assert.equal(processes.length, 3, "a supervisor and two workers");
      const settings = processes.map((pid) =>
        readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").find((line) =>
          line.startsWith("DENO_V8_FLAGS=")
        )
      );
      const wanted = process.env["DENO_V8_FLAGS"] ?? wantedV8Flags();
      assert.deepEqual(settings, processes.map(() => `DENO_V8_FLAGS=${wanted}`));
    }
    gateway.signal("SIGINT");
    gateway.signal("SIGINT"); // at once
    await gateway.exited;
  });

  it("the image sets Deno up as the script does", () => {
    const dockerfile = readFileSync(join(PROJECT, "Dockerfile"), "utf8");
    assert.equal(/^ENV DENO_V8_FLAGS=(.+)$/m.exec(dockerfile)?.[1], wantedV8Flags());
  });

  it("names the runtimes that it knows", async () => {
    const unknown = startProcess([join(folder, "albatross"), "version"], { env: { RUNTIME: "node" } });
    assert.equal((await unknown.exited).code, 2);
    assert.match(unknown.stderr.join("\n"), /RUNTIME is "node", expected "bun" or "deno"/);
  });
});
