/** `scripts/test`: the gate, then every test file on every runtime, and what starts the program on its binary too. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { killAll } from "./command.ts";
import { compileBinary } from "./compile.ts";
import { findTestFiles, type TestFile } from "./files.ts";
import { CHECKS } from "./gate.ts";
import { parseOptions, type RuntimeName } from "./options.ts";
import { Report } from "./report.ts";
import { runTestFile } from "./run-file.ts";
import { useOwnTemporaryFolder } from "./temporary.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

interface Job {
  readonly file: TestFile;
  readonly runtime: RuntimeName;
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const report = new Report();
  useOwnTemporaryFolder();
  if (options.patterns.length === 0) {
    for (const check of CHECKS) {
      report.add({ suite: "gate", name: check.name, runtime: "" }, await check.run(root));
    }
  }
  const wanted = findTestFiles(root).filter(({ path, slow }) =>
    (options.patterns.length === 0 || options.patterns.some((pattern) => path.includes(pattern))) &&
    !(options.quick && slow)
  );
  const jobs = wanted.flatMap((file): Job[] =>
    options.runtimes.filter((runtime) => suits(file, runtime)).map((runtime) => ({ file, runtime }))
  );
  if (jobs.length === 0) console.log("no test file matches");
  const env = jobs.some(({ runtime }) => runtime === "binary") ? await compile(report) : {};
  await runAll(jobs.filter(({ file }) => !file.alone), options.jobs, report, env);
  await runAll(jobs.filter(({ file }) => file.alone), 1, report, env);
  return report.finish();
}

/** Only what starts the program can tell whether the binary works. */
function suits(file: TestFile, runtime: RuntimeName): boolean {
  return runtime === "binary" ? file.startsProgram : !file.binaryOnly;
}

/** Makes the binary; answers what tests have to have in their environment to use it. */
async function compile(report: Report): Promise<Readonly<Record<string, string>>> {
  const path = join(mkdtempSync(join(tmpdir(), "binary-")), "albatross");
  report.add({ suite: "gate", name: "compile", runtime: "" }, await compileBinary(root, path));
  return { ALBATROSS_BIN: path };
}

/** Runs `jobs` in order, `width` at a time; those of the binary with `binaryEnv`. */
async function runAll(
  jobs: readonly Job[],
  width: number,
  report: Report,
  binaryEnv: Readonly<Record<string, string>>,
): Promise<void> {
  const queue = jobs.values();
  const lane = async (): Promise<void> => {
    for (const { file, runtime } of queue) {
      const env = runtime === "binary" ? binaryEnv : {};
      const outcome = await runTestFile(root, file.path, runtime, env);
      report.add({ suite: `${file.suite} (${runtime})`, name: file.path, runtime }, outcome);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`scripts/test: ${error.message}`);
  process.exitCode = 2;
}
