/** What must hold of the text before its tests are worth running. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { judgeAvailable } from "./available.ts";
import { runCommand } from "./command.ts";
import { compileWithDeno } from "./compile.ts";
import { findTestFiles } from "./files.ts";
import type { Outcome } from "./run-file.ts";

export interface Check {
  readonly name: string;
  run(root: string): Promise<Outcome>;
}

const CHECK_LIMIT_MS = 300_000;
const DENO = "node_modules/.bin/deno";
const SOURCES = ["src", "routes", "scripts", "tests", "examples"];

/** In the order in which people want to know. */
export const CHECKS: readonly Check[] = [
  command("types", [DENO, "check", "--quiet", ...SOURCES]),
  command("format", [DENO, "fmt", "--check", ...SOURCES]),
  command("lint", [DENO, "lint", "--quiet", ...SOURCES]),
  command("imports", ["scripts/check-imports"]),
  { name: "test conventions", run: (root) => Promise.resolve(checkConventions(root)) },
  ...(existsSync(new URL("../golden", import.meta.url))
    ? [command("goldens", ["scripts/golden", "--check"])]
    : []),
  { name: "deno compile", run: compileWithDeno },
  {
    name: "dockerfile",
    run: async (root) =>
      judgeAvailable("dockerfile", await runCommand(["scripts/lint-dockerfile"], root, CHECK_LIMIT_MS)),
  },
];

function command(name: string, line: readonly string[]): Check {
  return {
    name,
    async run(root) {
      const { code, output, seconds } = await runCommand(line, root, CHECK_LIMIT_MS);
      return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [], seconds, output };
    },
  };
}

/**
 * `only` hides the other tests, and `t.skip()` counts as passed under Deno; a test that cannot run gets the option
 * `skip` with a reason.
 */
function checkConventions(root: string): Outcome {
  const started = performance.now();
  const found = findTestFiles(root).flatMap(({ path }) => {
    const lines = readFileSync(join(root, path), "utf8").split("\n");
    return lines.flatMap((line, index) =>
      breaksConvention(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []
    );
  });
  return {
    passed: found.length === 0 ? 1 : 0,
    failed: found.length === 0 ? 0 : 1,
    skipped: [],
    seconds: (performance.now() - started) / 1000,
    output: found.map((line) => `${line}\n`).join(""),
  };
}

/** Whether a line of a test file skips, postpones or singles out a test without giving a reason. */
export function breaksConvention(line: string): boolean {
  return /\b(?:test|it|describe|suite|t|context)\.(?:only|skip|todo)\(/.test(line) ||
    /\b(?:only|todo|skip): *true\b/.test(line);
}
