/** Runs one test file on one runtime. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandResult, runCommand } from "./command.ts";
import { parseJunit, type TestCase } from "./junit.ts";
import type { RuntimeName } from "./options.ts";

/** What came of a check or of a test file. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Names of the skipped tests; by convention the reason is part of the name. */
  readonly skipped: readonly string[];
  readonly seconds: number;
  /** What was printed; shown when something failed. */
  readonly output: string;
}

/** A file that takes longer hangs. */
const FILE_LIMIT_MS = 300_000;

const onBun = (file: string, report: string): string[] => [
  ...["bun", "test", "--timeout=120000"], // a test has 5 s otherwise, which a busy machine exceeds; Deno has no limit
  ...["--reporter=junit", `--reporter-outfile=${report}`, `./${file}`],
];

const COMMANDS: Readonly<Record<RuntimeName, (file: string, report: string) => string[]>> = {
  bun: onBun,
  binary: onBun,
  deno: (file, report) => ["deno", "test", "--quiet", "-A", "--no-check", `--junit-path=${report}`, file],
};

/**
 * Runs `file` (relative to `root`) in an environment with `env`. A file that crashes, hangs or runs no test counts as
 * one failure.
 */
export async function runTestFile(
  root: string,
  file: string,
  runtime: RuntimeName,
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "albatross-test-run-"));
  try {
    const report = join(directory, "report.xml");
    const temporary = join(directory, "tmp");
    mkdirSync(temporary);
    const [program = "", ...args] = COMMANDS[runtime](file, report);
    const command = [join(root, "node_modules/.bin", program), ...args];
    const result = await runCommand(command, root, FILE_LIMIT_MS, { ...env, TMPDIR: temporary });
    const tests = existsSync(report) ? parseJunit(readFileSync(report, "utf8")) : [];
    return judge(tests, result, readdirSync(temporary));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Counts the tests, and the file itself as failed when it failed beside them. `left`: temporary files that it has not
 * removed.
 */
export function judge(
  tests: readonly TestCase[],
  result: CommandResult,
  left: readonly string[] = [],
): Outcome {
  const count = (wanted: TestCase["result"]): number =>
    tests.filter(({ result }) => result === wanted).length;
  const failed = count("failed");
  let complaint = "";
  if (result.timedOut) complaint = `ended after ${Math.round(result.seconds)} s: it hangs`;
  else if (result.code !== 0 && failed === 0) complaint = `exit code ${result.code} though no test failed`;
  else if (tests.length === 0) complaint = "ran no test";
  else if (failed === 0 && left.length > 0) {
    complaint = `left behind in the temporary folder: ${left.join(", ")}`;
  }
  return {
    passed: count("passed"),
    failed: failed + (complaint === "" ? 0 : 1),
    skipped: tests.filter(({ result }) => result === "skipped").map(({ name }) => name),
    seconds: result.seconds,
    output: complaint === "" ? result.output : `${result.output}\n${complaint}\n`,
  };
}
