/** What a schema refuses, in words: what was expected, and what was given. */
import type { z } from "zod";
import { type FieldPath, formatFieldPath } from "./field-path.ts";

export interface FieldIssue {
  readonly path: FieldPath;
  /** The same path as people read it. */
  readonly field: string;
  readonly reason: string;
}

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
};

/**
 * Error map for `safeParse`: the expectation alone. A message that a schema brings itself goes before it. What was
 * given is added by {@link describeIssues}, which knows whether it may be shown.
 */
export function expectation(issue: RawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${TYPE_WORDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_small":
      return issue.origin === "string"
        ? "expected a string that is not empty"
        : `expected at least ${issue.minimum}`;
    case "too_big":
      return `expected at most ${issue.maximum}`;
    default:
      return "expected another value";
  }
}

/** `secret` = what was given must not be printed, only its type. */
export function describeIssues(error: z.ZodError, secret: boolean): FieldIssue[] {
  return error.issues.map((issue) => {
    const path = issue.path.map((segment) => typeof segment === "number" ? segment : String(segment));
    const given = secret ? typeWord(issue.input) : quote(issue.input);
    const reason = secret && issue.code === "custom" ? issue.message : `${issue.message}, got ${given}`;
    return { path, field: formatFieldPath(path), reason };
  });
}

const QUOTE_LENGTH = 60;

/** A value as one would write it in JSON, cut when it is long. */
export function quote(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= QUOTE_LENGTH ? text : `${text.slice(0, QUOTE_LENGTH)}…`;
}

/** What kind of value it is, for people. */
export function typeWord(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return TYPE_WORDS[typeof value] ?? typeof value;
}
