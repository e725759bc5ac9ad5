/**
 * Compares `src/lib/regex` with PCRE2 itself over random patterns and texts. Needs libpcre2-8, which Debian's grep
 * brings along, and runs under Deno, whose foreign function interface calls it:
 *
 *   deno run -A scripts/fuzz-regex.ts [--seed N] [--runs N] [--record FILE]
 *
 * `--record` writes short cases, of which some texts match and some do not, with PCRE2's answers instead of comparing;
 * that is how `tests/lib/regex/pcre2-cases.jsonl` came to be (seed 2026, 1500 runs).
 */
import { parseArgs } from "node:util";
import fc from "fast-check";
import { compileRegex } from "../src/lib/regex/mod.ts";
import { pcrePatterns, pcreTexts } from "../tests/lib/regex/random-patterns.ts";

/** Start and end of the match and then the text of each group; null where there is none. */
type Answer = readonly [start: number, end: number, ...groups: (string | null)[]] | null;

const LIBRARY = "libpcre2-8.so.0";
/**
 * PCRE2_NO_AUTO_POSSESS and PCRE2_NO_START_OPTIMIZE: with these optimisations PCRE2 10.42 misses some matches (it takes
 * `.` and `\R` to have no character in common, for one), so that it differs from Perl and from its own manual.
 */
const OPTIONS = 0x4000 | 0x10000;
const UNSET = 0xffff_ffff_ffff_ffffn;

const pcre = Deno.dlopen(LIBRARY, {
  pcre2_compile_8: {
    parameters: ["buffer", "usize", "u32", "buffer", "buffer", "pointer"],
    result: "pointer",
  },
  pcre2_match_data_create_from_pattern_8: { parameters: ["pointer", "pointer"], result: "pointer" },
  pcre2_match_8: {
    parameters: ["pointer", "buffer", "usize", "usize", "u32", "pointer", "pointer"],
    result: "i32",
  },
  pcre2_get_ovector_pointer_8: { parameters: ["pointer"], result: "pointer" },
  pcre2_get_ovector_count_8: { parameters: ["pointer"], result: "u32" },
  pcre2_match_data_free_8: { parameters: ["pointer"], result: "void" },
  pcre2_code_free_8: { parameters: ["pointer"], result: "void" },
}).symbols;

/** One byte a character, and a zero at the end: an empty buffer would be passed as a null pointer. */
function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text + "\0", (char) => char.charCodeAt(0));
}

/** What PCRE2 answers for each text; undefined when it refuses the pattern. */
function ask(pattern: string, texts: readonly string[]): Answer[] | undefined {
  const length = BigInt(pattern.length);
  const code = pcre.pcre2_compile_8(
    bytes(pattern),
    length,
    OPTIONS,
    new Int32Array(1),
    new BigUint64Array(1),
    null,
  );
  if (code === null) return undefined;
  const data = pcre.pcre2_match_data_create_from_pattern_8(code, null);
  const answers = texts.map((text): Answer => {
    const count = pcre.pcre2_match_8(code, bytes(text), BigInt(text.length), 0n, 0, data, null);
    if (count < 0) return null;
    const vector = new Deno.UnsafePointerView(pcre.pcre2_get_ovector_pointer_8(data)!);
    const offset = (i: number) => vector.getBigUint64(i * 8);
    const groups = Array.from({ length: pcre.pcre2_get_ovector_count_8(data) - 1 }, (_, i) => {
      const start = offset(2 * i + 2);
      return i + 1 >= count || start === UNSET ? null : text.slice(Number(start), Number(offset(2 * i + 3)));
    });
    return [Number(offset(0)), Number(offset(1)), ...groups];
  });
  pcre.pcre2_match_data_free_8(data);
  pcre.pcre2_code_free_8(code);
  return answers;
}

/** What our own matcher answers; undefined when it refuses the pattern. */
function answer(pattern: string, texts: readonly string[]): Answer[] | undefined {
  const result = compileRegex(pattern);
  if (!result.ok) return undefined;
  const { regex } = result;
  return texts.map((text) => {
    const match = regex.exec(text);
    if (regex.test(text) !== (match !== null)) throw new Error(`test and exec differ: ${pattern} on ${text}`);
    return match && [match.index, match.end, ...match.slice(1).map((group) => group ?? null)];
  });
}

function isMatch(answer: Answer): boolean {
  return answer !== null;
}

const { values } = parseArgs({
  options: { seed: { type: "string" }, runs: { type: "string" }, record: { type: "string" } },
});
const seed = Number(values.seed ?? Date.now() % 1e9);
const runs = Number(values.runs ?? 20_000);
const cases = fc.sample(fc.tuple(pcrePatterns, fc.array(pcreTexts, { minLength: 4, maxLength: 4 })), {
  seed,
  numRuns: runs,
});

if (values.record !== undefined) {
  const lines = cases.map(([pattern, texts]) => ({ pattern, texts, answers: ask(pattern, texts) }))
    .filter(({ pattern, answers }) =>
      pattern.length <= 60 && answers?.includes(null) && answers.some(isMatch)
    )
    .map((entry) => JSON.stringify(entry));
  Deno.writeTextFileSync(values.record, `${lines.join("\n")}\n`);
} else {
  let differences = 0;
  let matches = 0;
  for (const [pattern, texts] of cases) {
    const expected = ask(pattern, texts);
    const found = answer(pattern, texts);
    matches += expected?.filter(isMatch).length ?? 0;
    if (JSON.stringify(found) === JSON.stringify(expected)) continue;
    differences++;
    console.log(JSON.stringify({ pattern, texts, expected, found }));
  }
  console.log(
    `seed ${seed}: ${runs} patterns, ${4 * runs} texts, ${matches} matches, ${differences} differences`,
  );
  if (differences > 0) Deno.exit(1);
}
