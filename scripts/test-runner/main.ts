/** `scripts/test`: the gate, then every test file on every runtime. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { killAll } from "./command.ts";
import { findTestFiles, type TestFile } from "./files.ts";
import { CHECKS } from "./gate.ts";
import { parseOptions, type RuntimeName } from "./options.ts";
import { Report } from "./report.ts";
import { runTestFile } from "./run-file.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

interface Job {
  readonly file: TestFile;
  readonly runtime: RuntimeName;
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const report = new Report();
  if (options.patterns.length === 0) {
    for (const check of CHECKS) {
      report.add({ suite: "gate", name: check.name, runtime: "" }, await check.run(root));
    }
  }
  const wanted = findTestFiles(root).filter(({ path, slow }) =>
    (options.patterns.length === 0 || options.patterns.some((pattern) => path.includes(pattern))) &&
    !(options.quick && slow)
  );
  const jobs = wanted.flatMap((file): Job[] => options.runtimes.map((runtime) => ({ file, runtime })));
  await runAll(jobs.filter(({ file }) => !file.alone), options.jobs, report);
  await runAll(jobs.filter(({ file }) => file.alone), 1, report);
  return report.finish();
}

/** Runs `jobs` in order, `width` at a time. */
async function runAll(jobs: readonly Job[], width: number, report: Report): Promise<void> {
  const queue = jobs.values();
  const lane = async (): Promise<void> => {
    for (const { file, runtime } of queue) {
      const outcome = await runTestFile(root, file.path, runtime);
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
