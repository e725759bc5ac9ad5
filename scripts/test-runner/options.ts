/** Command line of `scripts/test`. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** What the program under test runs on; `binary`: the single file of `scripts/compile`, tested from Bun. */
export type RuntimeName = "bun" | "deno" | "binary";

export const RUNTIMES: readonly RuntimeName[] = ["bun", "deno", "binary"];

export interface Options {
  /** Leaves out the files that say why they are slow. */
  readonly quick: boolean;
  readonly runtimes: readonly RuntimeName[];
  /** Test files that run at the same time. */
  readonly jobs: number;
  /** Only files whose path contains one of these; empty = all, and the gate. */
  readonly patterns: readonly string[];
}

/** Throws a `TypeError` with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      runtime: { type: "string", multiple: true, default: [] },
      jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
    },
  });
  const unknown = values.runtime.find((name) => !RUNTIMES.includes(name as RuntimeName));
  if (unknown !== undefined) {
    throw new TypeError(`--runtime is "${unknown}", expected "bun", "deno" or "binary"`);
  }
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new TypeError(`--jobs is "${values.jobs}", expected 1 or more`);
  }
  return {
    quick: values.quick,
    runtimes: values.runtime.length === 0 ? RUNTIMES : values.runtime as RuntimeName[],
    jobs,
    patterns: positionals,
  };
}
