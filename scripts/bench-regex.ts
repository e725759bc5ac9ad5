/**
 * Measures `src/lib/regex` beside the runtime's own RegExp and prints the tables of the decision note on regular
 * expressions:
 *
 *   bun scripts/bench-regex.ts ; deno run -A scripts/bench-regex.ts
 */
import { Automaton, isRegular } from "../src/lib/regex/automaton.ts";
import { compileProgram } from "../src/lib/regex/emit.ts";
import { compileRegex, type Regex } from "../src/lib/regex/mod.ts";
import { parsePattern } from "../src/lib/regex/parse.ts";
import { tablesOf } from "../src/lib/regex/program.ts";

const LENGTH = 65_536;

const TYPICAL = [
  "^/api/v[0-9]+/.*",
  "^[a-z]+\\.a\\.com$",
  "/t6/*",
  "/t7/.*",
  "^/foo(/|$)(.*)",
  "\\.(?:png|jpe?g|gif|css|js)$",
  `^/(?:${numbered("service", 100).join("|")})/`,
  `/(?:${numbered("word", 100).join("|")})$`,
  "(?i)^/API/",
  "/(?!(login)|(ping))test",
  "^/(?!api/|static/).*",
  "(?<=/)v[0-9]+",
];

const SHORT_TEXTS = [
  "/api/v1/users/12345/orders",
  "shop.a.com",
  "/static/js/app.12345.min.js",
  "/x/test/abc",
  "/service42/t6/detail",
];

/** Pattern, the text that is repeated up to LENGTH, and what stands at its end. */
const EVIL: readonly (readonly [pattern: string, repeated: string, end: string])[] = [
  ["(a+)+$", "a", "!"],
  ["(a|aa)+$", "a", "!"],
  ["(.*)*x", "a", ""],
  ["^(\\w+\\s?)*$", "a", "!"],
  ["(a?){50}a{50}", "b", ""],
  ["^(a?){50}a{50}$", "a", ""],
  [".*.*.*=.*", "a", ""],
  ["a*b", "a", ""],
  ["(x+x+)+y", "x", ""],
  ["a[ab]{14}c", "random", ""],
  ["a[ab]{300}c", "random", ""],
  ["(?=(a+)+$)b", "a", "!"],
  ["(?!.*b)c", "a", ""],
  ["^(?=.*\\d)(?=.*[a-z])(?!.*\\s).{8,}$", "a", "1"],
  ["(?>a+)+b", "a", ""],
  ["(?:a++b|a)*c", "a", ""],
  ["(?<!b)(\\w+\\s?)*$", "a", "!"],
  ["(?:(?=.*x)a)*$", "a", "x"],
  ["(?!c)(?:a?){300}b", "a", ""],
];

function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${word}${i}`);
}

function compile(pattern: string): Regex {
  const result = compileRegex(pattern);
  if (!result.ok) throw new Error(`${pattern}: ${result.reason}`);
  return result.regex;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Milliseconds that `run` takes. */
function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

let sink = 0;

/** Nanoseconds of one call, over the short texts in turn. */
function perCall(match: (text: string) => unknown): number {
  const calls = 100_000;
  const round = () => {
    for (let i = 0; i < calls; i++) {
      if (match(SHORT_TEXTS[i % SHORT_TEXTS.length]!)) sink++;
    }
  };
  round();
  return median(Array.from({ length: 9 }, () => timed(round))) * 1e6 / calls;
}

function matcherOf(pattern: string, text: string): string {
  const parsed = parsePattern(pattern);
  const program = parsed.ok ? compileProgram(parsed.pattern) : undefined;
  if (program === undefined || !isRegular(program)) return "backtracker";
  return new Automaton(program, tablesOf(program)).test(text) === undefined ? "both" : "automaton";
}

/** Text of a and b in which no automaton finds a rule. */
function randomText(): string {
  let state = 7;
  let text = "";
  while (text.length < LENGTH) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += (state >>> 16) & 1 ? "a" : "b";
  }
  return text;
}

function shorten(pattern: string): string {
  const shown = pattern.length <= 40 ? pattern : `${pattern.slice(0, 24)}…${pattern.slice(-10)}`;
  return `\`${shown.replaceAll("|", "\\|")}\``;
}

function print(title: string, head: readonly string[], rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n\n| ${head.join(" | ")} |\n|${"---|".repeat(head.length)}`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

const runtime = "Bun" in globalThis ? "Bun" : "Deno";

print(
  `${runtime}: short texts, nanoseconds per call`,
  ["pattern", "RegExp.test", "test", "exec"],
  TYPICAL.map((pattern) => {
    const native = pattern.startsWith("(?i)") ? new RegExp(pattern.slice(4), "i") : new RegExp(pattern);
    const regex = compile(pattern);
    const times = [perCall((text) => native.test(text)), perCall(regex.test), perCall(regex.exec)];
    return [shorten(pattern), ...times.map((time) => time.toFixed(0))];
  }),
);

print(
  `${runtime}: ${LENGTH} characters, milliseconds per call`,
  ["pattern", "matcher", "first test", "later tests", "exec"],
  EVIL.map(([pattern, repeated, end]) => {
    const text = repeated === "random" ? randomText() : repeated.repeat(LENGTH - end.length) + end;
    const regex = compile(pattern);
    const first = timed(() => regex.test(text));
    const later = median(Array.from({ length: 15 }, () => timed(() => regex.test(text))));
    const exec = median(Array.from({ length: 5 }, () => timed(() => regex.exec(text))));
    return [
      shorten(pattern),
      matcherOf(pattern, text),
      ...[first, later, exec].map((time) => time.toFixed(2)),
    ];
  }),
);

const many = Array.from(
  { length: 10_000 },
  (_, i) => TYPICAL[i % 5]!.replace(/[a-z]\d?\/?/, (text) => `${i}${text}`),
);
let regexes: Regex[] = [];
const compiling = timed(() => regexes = many.map(compile));
const testing = () => {
  for (const regex of regexes) if (regex.test(SHORT_TEXTS[0]!)) sink++;
};
const [first, second] = [timed(testing), timed(testing)];
print(`${runtime}: ${many.length} different patterns, microseconds per pattern`, [
  "compile",
  "first test",
  "second test",
], [
  [compiling, first, second].map((time) => (time * 1000 / many.length).toFixed(1)),
]);
if (sink < 0) console.log(sink);
