/** Compiled regular expressions, one per pattern. */
import { compileRegex, type RegexResult } from "./regex/mod.ts";

/** Patterns kept; beyond that the oldest goes. */
const MAX_PATTERNS = 20_000;

/**
 * One for the process: translation and matching need the same patterns, and a change to one rule leaves those of all
 * others as they were. Only a cache, since what is in it depends on the pattern alone.
 */
const results = new Map<string, RegexResult>();

/** As `compileRegex`, but compiles each pattern once. */
export function cachedRegex(pattern: string): RegexResult {
  const known = results.get(pattern);
  if (known !== undefined) return known;
  const result = compileRegex(pattern);
  if (results.size >= MAX_PATTERNS) results.delete(results.keys().next().value!);
  results.set(pattern, result);
  return result;
}
