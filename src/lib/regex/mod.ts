/**
 * Regular expressions of tenants: PCRE's language, matched in time linear in the text, whatever the pattern.
 * What cannot be matched so (back-references, recursion, conditionals) is refused.
 */
import { parsePattern } from "./parse.ts";
import { compileProgram, MAX_INSTRUCTIONS } from "./program.ts";
import { search } from "./run.ts";
import { requiredPrefix } from "./shape.ts";

/** A compiled pattern: searched for anywhere in a text, case-sensitive unless the pattern says otherwise. */
export interface Regex {
  readonly source: string;
  /** Whether the pattern matches somewhere in `text`. */
  test(text: string): boolean;
  /** The first match in `text`. */
  exec(text: string): RegexMatch | null;
  /** Set when matches can only begin at the start of a text: the text that every one of them begins with, maybe "". */
  readonly requiredPrefix?: string;
}

/** The matched text and the text of each group; undefined for groups that took no part. */
export interface RegexMatch extends ReadonlyArray<string | undefined> {
  /** Where the match begins. */
  readonly index: number;
  /** Behind its last character. */
  readonly end: number;
}

export type RegexResult =
  | { readonly ok: true; readonly regex: Regex }
  /** `reason` is a sentence for the pattern's author; `position` counts the pattern's characters from 0. */
  | { readonly ok: false; readonly reason: string; readonly position: number };

/**
 * Compiles a pattern. A character is one UTF-16 code unit: to match texts that hold bytes, one a character, give the
 * pattern in the same form.
 */
export function compileRegex(pattern: string): RegexResult {
  const parsed = parsePattern(pattern);
  if (!parsed.ok) return parsed;
  const program = compileProgram(parsed.pattern);
  if (program === undefined) {
    const reason =
      `the pattern is too large: with its repeats written out it has more than ${MAX_INSTRUCTIONS} steps`;
    return { ok: false, reason, position: 0 };
  }
  const prefix = requiredPrefix(parsed.pattern.root);
  const anchored = prefix !== undefined;
  const regex: Regex = {
    source: pattern,
    test: (text) => search(program, text, anchored) !== null,
    exec: (text) => {
      const slots = search(program, text, anchored);
      return slots === null ? null : matchOf(text, slots, parsed.pattern.groups);
    },
    ...(prefix === undefined ? {} : { requiredPrefix: prefix }),
  };
  return { ok: true, regex };
}

function matchOf(text: string, slots: Int32Array, groups: number): RegexMatch {
  const values: (string | undefined)[] = [];
  for (let i = 0; i <= groups; i++) {
    const [from, to] = [slots[2 * i]!, slots[2 * i + 1]!];
    values.push(from < 0 || to < 0 ? undefined : text.slice(from, to));
  }
  return Object.assign(values, { index: slots[0]!, end: slots[1]! });
}
