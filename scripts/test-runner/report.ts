/** Prints what happened, as it happens, and adds it up. */
import type { Outcome } from "./run-file.ts";

/** Lines shown of the output of what failed. */
const SHOWN_LINES = 100;

export class Report {
  #passed = 0;
  #failed = 0;
  #skipped: SkippedTest[] = [];
  #seconds = new Map<string, { seconds: number; passed: number }>();

  /** `suite` is what times are added up by, `name` what is printed. */
  add(suite: string, name: string, outcome: Outcome): void {
    const { passed, failed, skipped, seconds, output } = outcome;
    this.#passed += passed;
    this.#failed += failed;
    this.#skipped.push(...skipped.map((test) => ({ where: name, ...splitReason(test) })));
    const sum = this.#seconds.get(suite) ?? { seconds: 0, passed: 0 };
    this.#seconds.set(suite, { seconds: sum.seconds + seconds, passed: sum.passed + passed });
    console.log(`${failed === 0 ? "ok  " : "FAIL"} ${name.padEnd(60)} ${counts(outcome)}  ${time(seconds)}`);
    if (failed > 0) {
      console.log(output.split("\n").slice(-SHOWN_LINES).map((line) => `     ${line}`).join("\n"));
    }
  }

  /** Prints skipped tests, times and totals; the last line is the one that scripts read. Answers the exit code. */
  finish(): number {
    if (this.#skipped.length > 0) console.log("\nSkipped:");
    for (const line of skippedByReason(this.#skipped)) console.log(`     ${line}`);
    console.log("\nTime by suite:");
    for (const [suite, { seconds, passed }] of this.#seconds) {
      console.log(`     ${suite.padEnd(60)} ${String(passed).padStart(6)} passed  ${time(seconds)}`);
    }
    const skipped = this.#skipped.length === 0 ? "" : `, ${this.#skipped.length} skipped`;
    console.log(`\n${this.#passed} passed, ${this.#failed} failed${skipped}`);
    return this.#failed === 0 ? 0 : 1;
  }
}

interface SkippedTest {
  /** Runtime and file. */
  readonly where: string;
  readonly test: string;
  readonly reason: string;
}

/** By convention a test that is not run is called `NAME (not run: REASON)`; the runtimes report no reasons. */
export function splitReason(name: string): { readonly test: string; readonly reason: string } {
  const [, test = name, reason = "no reason given"] = /^(.*) \(not run: (.*)\)$/s.exec(name) ?? [];
  return { test, reason };
}

/** One line for all tests of a file that are skipped for the same reason. */
export function skippedByReason(skipped: readonly SkippedTest[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { where, test, reason } of skipped) {
    const key = `${where}: ${reason}: `;
    lines.set(key, [...lines.get(key) ?? [], test]);
  }
  return [...lines].map(([key, tests]) => key + tests.join(", "));
}

function counts({ passed, failed, skipped }: Outcome): string {
  const rest = (failed === 0 ? "" : `, ${failed} failed`) +
    (skipped.length === 0 ? "" : `, ${skipped.length} skipped`);
  return `${String(passed).padStart(6)} passed${rest}`;
}

function time(seconds: number): string {
  return `${seconds.toFixed(1).padStart(6)} s`;
}
