/** Command line of `scripts/bench`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** Names for `--rows`, in the order in which they run. */
export const ROW_NAMES = [
  "noise",
  "small",
  "100k",
  "rules",
  "acting",
  "deno",
  "memory",
  "p99",
  "accesslog",
  "matcher",
  "reload",
  "kill",
  "edit",
  "idle",
] as const;

export type RowName = (typeof ROW_NAMES)[number];

export interface Options {
  readonly pairs: number;
  /** Of one sample. */
  readonly seconds: number;
  readonly rows: readonly RowName[];
  /** wrk's keep-alive connections. */
  readonly connections: number;
  /** Another checkout of Albatross to compare with, instead of nginx. */
  readonly baseline: string | null;
  /** Where the results go as JSON; null = a file below `.cache/bench`. */
  readonly json: string | null;
}

/** Throws a `TypeError` with a sentence for people. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pairs: { type: "string", default: "5" },
      seconds: { type: "string", default: "5" },
      rows: { type: "string", default: ROW_NAMES.join(",") },
      connections: { type: "string", default: "64" },
      baseline: { type: "string" },
      json: { type: "string" },
    },
  });
  const rows = values.rows.split(",");
  const unknown = rows.find((name) => !ROW_NAMES.includes(name as RowName));
  if (unknown !== undefined) {
    throw new TypeError(`--rows names "${unknown}", expected some of ${ROW_NAMES.join(",")}`);
  }
  return {
    pairs: count("pairs", values.pairs),
    seconds: count("seconds", values.seconds),
    rows: ROW_NAMES.filter((name) => rows.includes(name)),
    connections: count("connections", values.connections),
    baseline: values.baseline === undefined ? null : resolve(values.baseline),
    json: values.json === undefined ? null : resolve(values.json),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new TypeError(`--${name} is "${text}", expected 1 or more`);
  }
  return value;
}
