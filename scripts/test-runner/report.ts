/** Prints what happened, as it happens, and adds it up. */
import type { Outcome } from "./run-file.ts";

/** Lines shown of the output of what failed. */
const SHOWN_LINES = 100;

/** What an outcome is of. */
export interface Subject {
  /** What times are added up by. */
  readonly suite: string;
  /** A check, or the path of a test file. */
  readonly name: string;
  /** "" for checks. */
  readonly runtime: string;
}

export class Report {
  #passed = 0;
  #failed = 0;
  #skipped: SkippedTest[] = [];
  #seconds = new Map<string, { seconds: number; passed: number }>();

  add(subject: Subject, outcome: Outcome): void {
    const { suite, name, runtime } = subject;
    const { passed, failed, skipped, seconds, output } = outcome;
    this.#passed += passed;
    this.#failed += failed;
    this.#skipped.push(...skipped.map((test) => ({ subject, ...splitReason(test) })));
    const sum = this.#seconds.get(suite) ?? { seconds: 0, passed: 0 };
    this.#seconds.set(suite, { seconds: sum.seconds + seconds, passed: sum.passed + passed });
    console.log(
      `${failed === 0 ? "ok  " : "FAIL"} ${`${runtime.padEnd(6)} ${name}`.trim().padEnd(60)} ${
        counts(outcome)
      }  ${time(seconds)}`,
    );
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

export interface SkippedTest {
  readonly subject: Subject;
  readonly test: string;
  readonly reason: string;
}

/** By convention a test that is not run is called `NAME (not run: REASON)`; the runtimes report no reasons. */
export function splitReason(name: string): { readonly test: string; readonly reason: string } {
  const [, test = name, reason = "no reason given"] = /^(.*) \(not run: (.*)\)$/s.exec(name) ?? [];
  return { test, reason };
}

/** One line for all tests of a file that are skipped for the same reason, on all runtimes. */
export function skippedByReason(skipped: readonly SkippedTest[]): string[] {
  const groups = new Map<string, Map<string, string[]>>(); // file and reason → runtime → tests
  for (const { subject, test, reason } of skipped) {
    const heading = `${subject.name}: ${reason}`;
    const group = groups.get(heading) ?? new Map<string, string[]>();
    groups.set(heading, group.set(subject.runtime, [...group.get(subject.runtime) ?? [], test]));
  }
  return [...groups].flatMap(([heading, group]) => {
    const runtimes = new Map<string, string[]>(); // tests → runtimes
    for (const [runtime, tests] of group) {
      const list = tests.join(", ");
      runtimes.set(list, [...runtimes.get(list) ?? [], runtime]);
    }
    return [...runtimes].map(([list, names]) => {
      const where = names.join(", "); // nothing for checks
      return `${heading}${where === "" ? "" : ` (${where})`}: ${list}`;
    });
  });
}

function counts({ passed, failed, skipped }: Outcome): string {
  const rest = (failed === 0 ? "" : `, ${failed} failed`) +
    (skipped.length === 0 ? "" : `, ${skipped.length} skipped`);
  return `${String(passed).padStart(6)} passed${rest}`;
}

function time(seconds: number): string {
  return `${seconds.toFixed(1).padStart(6)} s`;
}
