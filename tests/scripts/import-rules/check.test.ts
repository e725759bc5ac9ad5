import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkTree, formatRefusal } from "../../../scripts/import-rules/check.ts";

/** Refusals of a tree, one line each. */
function refusals(files: Readonly<Record<string, string>>): string[] {
  return checkTree(new Map(Object.entries(files))).map(formatRefusal);
}

/** Asserts that a one-file tree is refused once, at `line`, for a reason that holds `reason`. */
function refused(file: string, text: string, line: number, reason: string): void {
  const [first = "accepted", ...rest] = refusals({ [file]: text });
  assert.deepEqual(rest, []);
  assert.ok(first.startsWith(`${file}:${line}: `), first);
  assert.ok(first.includes(reason), first);
}

describe("import rules", () => {
  it("accepts a tree that follows the table", () => {
    assert.deepEqual(
      refusals({
        "src/lib/cidr.ts": `export const parse = 1;`,
        "src/errors.ts": `export interface Problem { code: string }`,
        "src/table/table.ts":
          `import { z } from "zod";\nimport { parse } from "../lib/cidr.ts";\nexport const T = z ?? parse;`,
        "src/matcher/mod.ts":
          `import type { Problem } from "../errors.ts";\nimport { T } from "../table/table.ts";\n` +
          `export function f(p: Problem) { return T ?? p; }`,
        "src/runtimes/runtime.ts": `export interface Runtime { name: string }`,
        "src/runtimes/bun.ts":
          `import net from "node:net";\nexport const x = [Bun.listen, process.pid, net];`,
        "src/proxy/app.ts":
          `import { Hono } from "hono/tiny";\nimport type { Runtime } from "../runtimes/runtime.ts";\n` +
          `export const app = (r: Runtime) => [Hono, r];`,
        "src/gateway.ts": `import { app } from "./proxy/app.ts";\nexport const g = app;`,
        "src/main.ts": `import { g } from "./gateway.ts";\nimport { health } from "../routes/health.ts";\n` +
          `process.exitCode = Number(g ?? health);`,
        "routes/health.ts": `import { Hono } from "hono";\nexport const health = new Hono();`,
        "tests/proxy/app.test.ts":
          `import { app } from "../../src/proxy/app.ts";\nimport test from "node:test";\ntest("x", app);`,
      }),
      [],
    );
  });

  it("refuses a folder that the row does not name", () => {
    refused(
      "src/matcher/mod.ts",
      `\nimport { a } from "../proxy/app.ts";\nexport const b = a;`,
      2,
      "matcher may import table",
    );
    refused(
      "src/lib/lru.ts",
      `import "../table/table.ts";\nexport const b = 1;`,
      1,
      "lib may import nothing of ours",
    );
    refused(
      "src/lib/lru.ts",
      `import "../errors.ts";\nexport const b = 1;`,
      1,
      "lib may import nothing of ours",
    );
  });

  it("refuses value imports where only types are allowed", () => {
    const line = `"../runtimes/runtime.ts";\nexport const b = 1;`;
    refused("src/proxy/app.ts", `import { Runtime } from ${line}`, 1, "only types");
    assert.deepEqual(refusals({ "src/proxy/app.ts": `import type { Runtime } from ${line}` }), []);
    assert.deepEqual(refusals({ "src/proxy/app.ts": `import { type Runtime } from ${line}` }), []);
    refused(
      "src/proxy/app.ts",
      `import type { x } from "../runtimes/bun.ts";\nexport const b = 1;`,
      1,
      "proxy may import",
    );
  });

  it("refuses node modules outside the folders that may use them", () => {
    refused(
      "src/proxy/app.ts",
      `import { Buffer } from "node:buffer";\nexport const b = Buffer;`,
      1,
      "node:*",
    );
    refused("src/gateway.ts", `export const fs = await import("node:fs");`, 1, "node:*");
    assert.deepEqual(refusals({ "src/cli/run.ts": `import fs from "node:fs";\nexport const b = fs;` }), []);
  });

  it("refuses platform globals outside runtimes and main", () => {
    refused("src/cli/run.ts", `export const a = 1;\nexport const b = process.env;`, 2, `"process"`);
    refused("src/upstreams/pool.ts", `export const b = globalThis.Deno;`, 1, `"Deno"`);
    refused("src/upstreams/pool.ts", `export type S = Bun.Socket;`, 1, `"Bun"`);
    assert.deepEqual(
      refusals({ "src/lib/a.ts": `export const b = { process: 1 }.process; // process Deno "Bun"` }),
      [],
    );
  });

  it("refuses clocks, chance and I/O in pure folders", () => {
    refused("src/translators/mod.ts", `export const now = () => new Date();`, 1, "pure");
    refused("src/matcher/mod.ts", `export const r = () => Math.random();`, 1, "pure");
    refused("src/http1/framing.ts", `export const t = setTimeout;`, 1, "pure");
    assert.deepEqual(
      refusals({ "src/upstreams/pool.ts": `export const r = () => Math.random() * Date.now();` }),
      [],
    );
  });

  it("refuses packages that the row does not name, and anything but names", () => {
    refused(
      "src/matcher/mod.ts",
      `import { z } from "zod";\nexport const b = z;`,
      1,
      "matcher may use nothing of npm",
    );
    refused(
      "src/table/table.ts",
      `import { Hono } from "hono/tiny";\nexport const b = Hono;`,
      1,
      "table may use zod",
    );
    refused("src/main.ts", `import x from "npm:zod@4";\nexport const b = x;`, 1, "pinned in package.json");
    refused(
      "src/proxy/app.ts",
      `import { serve } from "bun";\nexport const b = serve;`,
      1,
      "runtime's own modules",
    );
    assert.deepEqual(
      refusals({ "src/telemetry/trace.ts": `import x from "@opentelemetry/api";\nexport const b = x;` }),
      [],
    );
  });

  it("refuses computed imports except in composition roots", () => {
    refused(
      "src/middlewares/compile.ts",
      `export const load = (name: string) => import(name);`,
      1,
      "computed name",
    );
    assert.deepEqual(refusals({ "src/main.ts": `export const load = (name: string) => import(name);` }), []);
  });

  it("refuses local imports without an extension", () => {
    refused("src/lib/a.ts", `import { b } from "./b";\nexport const c = b;`, 1, `carry their ".ts"`);
  });

  it("refuses a program that depends on its tests or scripts", () => {
    refused(
      "src/main.ts",
      `import { x } from "../tests/helper.ts";\nexport const b = x;`,
      1,
      "may not depend on tests",
    );
    refused(
      "routes/mod.ts",
      `import { x } from "../scripts/y.ts";\nexport const b = x;`,
      1,
      "routes may import",
    );
  });

  it("refuses barrels", () => {
    refused("src/lib/mod.ts", `export * from "./a.ts";\nexport { b } from "./b.ts";`, 1, "barrel");
    refused("src/lib/mod.ts", `import { b } from "./b.ts";\nexport { b };`, 1, "barrel");
    assert.deepEqual(refusals({ "src/lib/mod.ts": `export * from "./a.ts";\nexport const own = 1;` }), []);
  });

  it("refuses folders without a row and files that are not TypeScript", () => {
    refused("src/helpers/a.ts", `export const a = 1;`, 1, `"helpers" has no row`);
    refused("src/lib/a.ts", `export const a = 1;\nexport const = 2;`, 2, "cannot be parsed");
  });

  it("refuses a cycle between folders, and names its path", () => {
    const found = refusals({
      "src/gateway.ts": `import { run } from "./cli/run.ts";\nexport const g = run;`,
      "src/cli/run.ts": `import { g } from "../gateway.ts";\nexport const run = g;`,
    });
    assert.equal(found.length, 1);
    assert.match(found[0] ?? "", /closes a cycle: (gateway → cli → gateway|cli → gateway → cli)$/);
  });

  it("sorts what it found by file and line", () => {
    const text = `import "../proxy/a.ts";\nimport "../proxy/b.ts";\nexport const x = 1;`;
    assert.deepEqual(
      refusals({ "src/matcher/b.ts": text, "src/matcher/a.ts": text }).map((line) => line.split(": ")[0]),
      ["src/matcher/a.ts:1", "src/matcher/a.ts:2", "src/matcher/b.ts:1", "src/matcher/b.ts:2"],
    );
  });
});
