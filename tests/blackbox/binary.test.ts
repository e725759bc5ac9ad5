/** The single binary of `scripts/compile`: the commands work, and middlewares in TypeScript load. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { PROJECT, TEST_RUNTIME } from "./harness/command.ts";
import { frontend } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { value } from "./harness/message.ts";
import manifest from "../../package.json" with { type: "json" };

/** The binary holds Bun, whoever runs the tests: once is enough. */
const skip = TEST_RUNTIME === "bun" ? false : "the run on Bun covers it: the binary holds Bun's runtime";

function run(file: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(file, [...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

describe("the single binary", () => {
  const folder = mkdtempSync(join(tmpdir(), "albatross-binary-"));
  const binary = join(folder, "albatross");
  const { ALBATROSS_BIN } = process.env;
  let site: Site;
  before(async () => {
    if (skip !== false) return;
    const built = await run(join(PROJECT, "scripts/compile"), [binary]);
    assert.equal(built.code, 0, built.output);
    process.env["ALBATROSS_BIN"] = binary;
    site = await startSite({
      config: { middlewares: [{ name: "ab", options: { percentB: 100 } }] },
      args: ["--middleware", `ab=${PROJECT}/examples/middlewares/ab-switch.ts`],
    });
  });
  after(async () => {
    if (ALBATROSS_BIN === undefined) delete process.env["ALBATROSS_BIN"];
    else process.env["ALBATROSS_BIN"] = ALBATROSS_BIN;
    await stopSite(site);
    rmSync(folder, { recursive: true, force: true });
  });

  it("serves, with a middleware in TypeScript that imports types of Hono", { skip }, async () => {
    const response = await site.request({ target: "/x" });
    assert.deepEqual([response.status, response.body], [200, "ok"]);
    assert.equal(value(site.upstream.requests.at(-1)!, "x-variant"), "B");
    assert.match(value(response, "set-cookie") ?? "", /^ab=B;/);
  });

  it("validates", { skip }, async () => {
    assert.deepEqual(await run(binary, ["validate", site.gateway.directory]).then(({ code }) => code), 0);
    site.gateway.write("bad.yaml", [frontend({ name: "bad", port: 70_000 })]);
    const { code, output } = await run(binary, ["validate", site.gateway.directory]);
    assert.equal(code, 1);
    assert.match(output, /bad\.yaml:\d+ Frontend default\/bad spec\.port: expected/);
    site.gateway.remove("bad.yaml");
  });

  it("explains", { skip }, async () => {
    const url = `http://a.com:${site.port}/x`;
    const { code, output } = await run(binary, ["explain", "--config", site.gateway.directory, "GET", url]);
    assert.equal(code, 0, output);
    assert.match(output, /r1/);
  });

  it("tells its version", { skip }, async () => {
    const { code, output } = await run(binary, ["version"]);
    assert.equal(code, 0);
    assert.ok(output.includes(manifest.version) && /bun/i.test(output), output);
  });
});
