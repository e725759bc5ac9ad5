/** The single binary of `scripts/compile`: what works in it otherwise than from source. */
// binary only: the other tests that start the program say the rest
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import assert from "node:assert/strict";
import { albatrossCommand, PROJECT } from "./harness/command.ts";
import { runProcess, startProcess } from "./harness/process.ts";
import { after, before, it, type Site, startSite, stopSite, withSite } from "./harness/suite.ts";
import { value } from "./harness/message.ts";
import manifest from "../../package.json" with { type: "json" };

describe("the single binary", () => {
  let folder: string;
  let site: Site;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "albatross-binary-"));
    site = await startSite({
      config: { middlewares: [{ name: "ab", options: { percentB: 100 } }] },
      args: ["--middleware", `ab=${PROJECT}/examples/middlewares/ab-switch.ts`],
    });
  });
  after(async () => {
    await stopSite(site);
    rmSync(folder, { recursive: true, force: true });
  });

  it("is a file that needs no other", async () => {
    assert.equal(albatrossCommand([]).length, 1);
    const started = startProcess(albatrossCommand(["version"]), { cwd: folder, env: { PATH: "" } });
    assert.deepEqual(await started.exited, { code: 0, signal: null });
    assert.deepEqual(started.stdout, [`albatross ${manifest.version} (bun ${process.versions["bun"]})`]);
  });

  it("loads a middleware in TypeScript that imports types of Hono", async () => {
    const response = await site.request({ target: "/x" });
    assert.deepEqual([response.status, response.body], [200, "ok"]);
    assert.equal(value(site.upstream.requests.at(-1)!, "x-variant"), "B");
    assert.match(value(response, "set-cookie") ?? "", /^ab=B;/);
  });

  it("finds the packages that stand beside a middleware", async () => {
    const modules = join(folder, "node_modules/stamp");
    mkdirSync(modules, { recursive: true });
    writeFileSync(join(modules, "package.json"), '{ "name": "stamp", "exports": "./text.mjs" }');
    writeFileSync(join(modules, "text.mjs"), 'export const TEXT = "of a package";');
    const file = join(folder, "stamp.ts");
    writeFileSync(
      file,
      'import { TEXT } from "stamp";\n' +
        "export default () => () => async (c: any, next: any) => { await next(); c.header('x-stamp', TEXT); };\n",
    );
    const options = {
      config: { middlewares: [{ name: "stamp" }] },
      args: ["--middleware", `stamp=${file}`],
    };
    await withSite(options, async (stamped) => {
      assert.equal(value(await stamped.request(), "x-stamp"), "of a package");
    });
  });

  it("takes nothing from the folder in which it is started", async () => {
    writeFileSync(join(folder, ".env"), "ALBATROSS_ADMIN=nonsense\n");
    writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./no-such-file.ts"]\n');
    const explained = startProcess(
      albatrossCommand(["explain", "--config", site.gateway.directory, "GET", `http://a.com:${site.port}/x`]),
      { cwd: folder },
    );
    assert.deepEqual([(await explained.exited).code, explained.stderr], [0, []]);
    assert.match(explained.stdout.join("\n"), /r1/);
  });

  it("is not made by options that nobody knows", async () => {
    const { code, stderr } = await runProcess([join(PROJECT, "scripts/compile"), "--node"]);
    assert.equal(code, 2);
    assert.match(stderr, /unknown option --node/);
  });
});
