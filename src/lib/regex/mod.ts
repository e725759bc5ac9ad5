/**
 * Regular expressions of tenants: PCRE's language, matched in time linear in the text, whatever the pattern. What
 * cannot be matched so (back-references, recursion, conditionals) is refused. Why not RegExp, and the numbers:
 * `docs/decisions/2026-11-24-regular-expressions.md`.
 *
 * parse.ts makes a tree of a pattern, emit.ts a program of the tree; automaton.ts runs programs fast, backtrack.ts
 * runs those that it cannot, and finds captures.
 */
import { Automaton, isRegular } from "./automaton.ts";
import { Backtracker } from "./backtrack.ts";
import { compileProgram, MAX_INSTRUCTIONS, MAX_MEMOS, MAX_SETS } from "./emit.ts";
import { parsePattern } from "./parse.ts";
import { type Program, type Tables, tablesOf } from "./program.ts";
import { literalPrefix } from "./shape.ts";

/**
 * A compiled pattern: searched for anywhere in a text, case-sensitive unless the pattern says otherwise. A search that
 * would exceed the limits in backtrack.ts counts as no match.
 */
export interface Regex {
  readonly source: string;
  /** Whether the pattern matches somewhere in `text`. */
  test(text: string): boolean;
  /** The first match in `text`. */
  exec(text: string): RegexMatch | null;
  /**
   * The same without making strings: where the match and each group begin and end, two numbers each, negative for groups
   * that took no part. The next search of the pattern overwrites them.
   */
  find(text: string): ArrayLike<number> | null;
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

const TOO_LARGE =
  `the pattern is too large: with its repeats written out it may have ${MAX_INSTRUCTIONS} steps, ` +
  `${MAX_MEMOS} choices and loops, and ${MAX_SETS} different characters and classes`;

/**
 * Compiles a pattern. A character is one UTF-16 code unit: to match texts that hold bytes, one a character, give the
 * pattern in the same form.
 */
export function compileRegex(pattern: string): RegexResult {
  const parsed = parsePattern(pattern);
  if (!parsed.ok) return parsed;
  const program = compileProgram(parsed.pattern);
  if (program === undefined) return { ok: false, reason: TOO_LARGE, position: 0 };
  const matchers = new Matchers(program);
  const regex: Regex = {
    source: pattern,
    test: (text) => matchers.test(text),
    find: (text) => matchers.exec(text),
    exec: (text) => {
      const slots = matchers.exec(text);
      return slots === null ? null : matchOf(text, slots, program.groups);
    },
    ...(program.anchored ? { requiredPrefix: literalPrefix(parsed.pattern.root).text } : {}),
  };
  return { ok: true, regex };
}

/** Chooses the matcher of one program; builds what it needs when it is first needed. */
class Matchers {
  readonly #program: Program;
  #tables: Tables | undefined;
  #automaton: Automaton | undefined;
  #backtracker: Backtracker | undefined;
  #regular: boolean;

  constructor(program: Program) {
    this.#program = program;
    this.#regular = isRegular(program);
  }

  test(text: string): boolean {
    if (this.#regular) {
      this.#automaton ??= new Automaton(this.#program, this.#sharedTables());
      const found = this.#automaton.test(text);
      if (found !== undefined) return found;
      this.#regular = false;
      this.#automaton = undefined;
    }
    return this.#backtrackers().test(text);
  }

  exec(text: string): Int32Array | null {
    if (this.#regular && !this.test(text)) return null;
    return this.#backtrackers().exec(text);
  }

  #backtrackers(): Backtracker {
    return this.#backtracker ??= new Backtracker(this.#program, this.#sharedTables());
  }

  #sharedTables(): Tables {
    return this.#tables ??= tablesOf(this.#program);
  }
}

function matchOf(text: string, slots: Int32Array, groups: number): RegexMatch {
  const values: (string | undefined)[] = [];
  for (let i = 0; i <= groups; i++) {
    const from = slots[2 * i]!;
    const to = slots[2 * i + 1]!;
    values.push(from < 0 || to < 0 ? undefined : text.slice(from, to));
  }
  return Object.assign(values, { index: slots[0]!, end: slots[1]! });
}
