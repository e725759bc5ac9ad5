import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type CommandResult, runCommand } from "../../../scripts/test-runner/command.ts";
import { judgeAvailable } from "../../../scripts/test-runner/available.ts";
import { findTestFiles } from "../../../scripts/test-runner/files.ts";
import { breaksConvention } from "../../../scripts/test-runner/gate.ts";
import { parseOptions } from "../../../scripts/test-runner/options.ts";
import { skippedByReason, splitReason } from "../../../scripts/test-runner/report.ts";
import { judge } from "../../../scripts/test-runner/run-file.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const ENDED: CommandResult = { code: 0, timedOut: false, output: "text", seconds: 1 };
const PASSED = { name: "a", result: "passed" } as const;
const FAILED = { name: "b", result: "failed" } as const;
const SKIPPED = { name: "c (not run: no root)", result: "skipped" } as const;

describe("counting", () => {
  it("takes the tests as they are when the file ended as they did", () => {
    assert.deepEqual(judge([PASSED, SKIPPED], ENDED), {
      passed: 1,
      failed: 0,
      skipped: [SKIPPED.name],
      seconds: 1,
      output: "text",
    });
    assert.equal(judge([PASSED, FAILED], { ...ENDED, code: 1 }).failed, 1);
  });

  it("counts a file that crashed, hung or ran nothing as one more failure", () => {
    assert.equal(judge([PASSED], { ...ENDED, code: 139 }).failed, 1);
    assert.match(judge([PASSED], { ...ENDED, code: 139 }).output, /exit code 139/);
    assert.equal(judge([], ENDED).failed, 1);
    const hung = judge([], { ...ENDED, code: 1, timedOut: true, seconds: 300 });
    assert.equal(hung.failed, 1);
    assert.match(hung.output, /ended after 300 s/);
  });

  it("counts a file that passes but leaves temporary files behind as one failure", () => {
    const { failed, output } = judge([PASSED], ENDED, ["albatross-x"]);
    assert.equal(failed, 1);
    assert.match(output, /left behind in the temporary folder: albatross-x/);
    assert.equal(judge([PASSED, FAILED], { ...ENDED, code: 1 }, ["albatross-x"]).failed, 1);
  });

  it("counts what could not be downloaded as not run, with the reason, and never as passed", () => {
    const refused = { ...ENDED, code: 69, output: "some log\nlint-dockerfile: it cannot be downloaded\n" };
    const { passed, failed, skipped } = judgeAvailable("dockerfile", refused);
    assert.deepEqual({ passed, failed, skipped }, {
      passed: 0,
      failed: 0,
      skipped: ["dockerfile (not run: it cannot be downloaded)"],
    });
    assert.equal(judgeAvailable("dockerfile", { ...ENDED, code: 1 }).failed, 1);
    assert.equal(judgeAvailable("dockerfile", ENDED).passed, 1);
  });

  it("gives skipped tests with one reason one line", () => {
    assert.deepEqual(splitReason("x > y (not run: needs root (or caps))"), {
      test: "x > y",
      reason: "needs root (or caps)",
    });
    const subject = { suite: "x", name: "a.test.ts", runtime: "bun" };
    const onDeno = { ...subject, runtime: "deno" };
    assert.deepEqual(
      skippedByReason([
        { subject, test: "x", reason: "later" },
        { subject, test: "y", reason: "root" },
        { subject, test: "z", reason: "later" },
        { subject: onDeno, test: "x", reason: "later" },
        { subject: onDeno, test: "z", reason: "later" },
      ]),
      ["a.test.ts: later (bun, deno): x, z", "a.test.ts: root (bun): y"],
    );
  });
});

describe("commands", () => {
  it("keeps the exit code and both outputs", async () => {
    const result = await runCommand(["sh", "-c", "echo out; echo err >&2; exit 3"], "/", 10_000);
    assert.deepEqual({ ...result, seconds: 0, output: result.output.split("\n").sort() }, {
      code: 3,
      timedOut: false,
      output: ["", "err", "out"],
      seconds: 0,
    });
  });

  it("reports a program that does not exist", async () => {
    const result = await runCommand(["/no/such/program"], "/", 10_000);
    assert.equal(result.code, 1);
    assert.match(result.output, /ENOENT/);
  });

  it("kills what takes too long, together with what it started", async () => {
    const result = await runCommand(["sh", "-c", "sleep 60 & echo $!; wait"], "/", 300);
    assert.equal(result.timedOut, true);
    assert.equal(result.code, 1);
    assert.ok(await gone(Number(result.output.trim())), "the child of the command still runs");
  });

  it("kills what a command leaves behind, instead of waiting for it", async () => {
    const result = await runCommand(["sh", "-c", "sleep 60 & echo $!"], "/", 10_000);
    assert.equal(result.code, 0);
    assert.ok(await gone(Number(result.output.trim())), "what the command left behind still runs");
  });
});

/** Whether a process ends (or is only waiting to be reaped) at last. */
async function gone(pid: number): Promise<boolean> {
  const stat = `/proc/${pid}/stat`;
  for (let tries = 0; tries < 400; tries++) {
    if (!existsSync(stat) || readFileSync(stat, "utf8").includes(") Z ")) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

it("test files that start the program, by themselves or through a helper, are known as such", () => {
  const files = new Map(findTestFiles(PROJECT).map((file) => [file.path, file]));
  for (
    const path of ["tests/blackbox/framing.test.ts", "tests/vectors/auth.test.ts", "tests/cli/run.test.ts"]
  ) {
    assert.equal(files.get(path)?.startsProgram, true, path);
  }
  for (const path of ["tests/blackbox/harness.test.ts", "tests/proxy/forward.test.ts"]) {
    assert.equal(files.get(path)?.startsProgram, false, path);
  }
  assert.equal(files.get("tests/blackbox/binary.test.ts")?.binaryOnly, true);
});

describe("command line", () => {
  it("runs everything by default", () => {
    const options = parseOptions([]);
    assert.deepEqual({ ...options, jobs: 0 }, {
      quick: false,
      runtimes: ["bun", "deno", "binary"],
      jobs: 0,
      patterns: [],
    });
  });

  it("takes a runtime, patterns and the number of jobs", () => {
    assert.deepEqual(parseOptions(["--quick", "--runtime", "deno", "--jobs", "1", "matcher"]), {
      quick: true,
      runtimes: ["deno"],
      jobs: 1,
      patterns: ["matcher"],
    });
  });

  it("refuses what it does not know", () => {
    assert.throws(() => parseOptions(["--runtime", "node"]), /--runtime is "node"/);
    assert.throws(() => parseOptions(["--jobs", "0"]), /--jobs is "0"/);
    assert.throws(() => parseOptions(["--fast"]), TypeError);
  });
});

it("tests that skip without a reason or single one out break the conventions", () => {
  const dot = "."; // this file is checked too
  for (
    const line of [`test${dot}only("x"`, `  it${dot}skip("x"`, `t${dot}skip("x")`, `{ skip${":"} true }`]
  ) {
    assert.equal(breaksConvention(line), true, line);
  }
  for (const line of [`it("x", { skip: NO_ROOT }`, `list.skip(2)`, `it("only(", f)`]) {
    assert.equal(breaksConvention(line), false, line);
  }
});
