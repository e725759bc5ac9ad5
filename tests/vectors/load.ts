/** Reads the vector files of this folder; each explains its schema in its first comment. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { DslxTerm } from "../blackbox/harness/objects.ts";

/** What every case has; the rest differs from file to file. */
export interface Case {
  readonly name: string;
  /** `superseded`: `ruling` (or the runner) says what holds instead. */
  readonly status: "same" | "improve" | "superseded";
  readonly ruling?: string;
}

/** One request of 01 and 02. */
export interface VectorRequest {
  readonly method?: string;
  readonly url?: string;
  readonly httpVersion?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly srcIp?: string;
  readonly match?: boolean;
  readonly status?: number;
  readonly matchedRule?: string;
}

/** A rule as 01 and 02 write it. */
export interface VectorRule {
  readonly name: string;
  readonly priority?: number;
  readonly dslx: readonly DslxTerm[] | null;
}

/** The cases of `tests/vectors/FILE`. */
export function loadCases<C extends Case>(file: string): C[] {
  const text = readFileSync(new URL(file, import.meta.url), "utf8");
  return (parse(text) as { cases: C[] }).cases;
}

/** Header maps of the vectors as field lines. */
export function fieldLines(headers: VectorRequest["headers"] = {}): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    typeof value === "string"
      ? [[name, value] as [string, string]]
      : value.map((one): [string, string] => [name, one])
  );
}
