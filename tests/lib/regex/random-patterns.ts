/** Random patterns and texts, small enough that they often match. */
import fc from "fast-check";

const PCRE_ATOMS = [
  ..."aabbc.-A",
  "\\ ",
  "[ab]",
  "[^a]",
  "[a-c]",
  "[^\\n]",
  "[[:alpha:]]",
  "[[:^digit:]b]",
  "\\n",
  "\\w",
  "\\W",
  "\\d",
  "\\s",
  "\\h",
  "\\R",
  "\\x61",
  "\\141",
  "\\Qa.\\E",
];
const PCRE_ASSERTIONS = [
  "^",
  "$",
  "\\b",
  "\\B",
  "\\A",
  "\\z",
  "\\Z",
  "\\G",
  "(?i)",
  "(?m)",
  "(?s)",
  "(?<=a)",
  "(?<!a)",
  "(?<=ab|c)",
  "(?<![ab])",
  "(?<=^|a)",
  "(?<=(a))",
  "(?<!\\n)",
  "(?<=(?!b).)",
];
const PCRE_OPENINGS = [
  "(",
  "(",
  "(?:",
  "(?:",
  "(?>",
  "(?=",
  "(?!",
  "(?i:",
  "(?s:",
  "(?-i:",
  "(?U:",
  "(?|",
  "(?x:",
];
const PCRE_QUANTIFIERS = [
  ..."*+?",
  "{2}",
  "{1,2}",
  "{0,3}",
  "{2,}",
  "*?",
  "+?",
  "??",
  "{1,3}?",
  "*+",
  "++",
  "?+",
  "{1,2}+",
];

/** Everything that is supported of PCRE. */
export const pcrePatterns: fc.Arbitrary<string> =
  fc.letrec<{ alternatives: string; piece: string }>((tie) => ({
    alternatives: fc.array(branch(tie("piece")), { minLength: 1, maxLength: 3 })
      .map((branches) => branches.map((branch) => branch.join("")).join("|")),
    piece: fc.oneof(
      { depthSize: "small", maxDepth: 3, withCrossShrink: true },
      { weight: 6, arbitrary: quantified(fc.constantFrom(...PCRE_ATOMS), PCRE_QUANTIFIERS) },
      { weight: 1, arbitrary: fc.constantFrom(...PCRE_ASSERTIONS) },
      {
        weight: 4,
        arbitrary: quantified(
          fc.tuple(fc.constantFrom(...PCRE_OPENINGS), tie("alternatives")).map(([opening, body]) =>
            `${opening}${body})`
          ),
          PCRE_QUANTIFIERS,
        ),
      },
    ),
  })).alternatives;

/** Seldom empty, or nearly everything would match nearly everywhere. */
function branch<T>(piece: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.oneof(
    { weight: 12, arbitrary: fc.array(piece, { minLength: 1, maxLength: 4 }) },
    fc.constant<T[]>([]),
  );
}

function quantified(atom: fc.Arbitrary<string>, quantifiers: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(atom, fc.oneof({ weight: 3, arbitrary: fc.constant("") }, fc.constantFrom(...quantifiers)))
    .map((parts) => parts.join(""));
}

/** Texts for {@link pcrePatterns}. */
export const pcreTexts: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(..."aabbcA\n\r -1"),
  maxLength: 9,
});

interface Piece {
  readonly source: string;
  readonly nullable: boolean;
  readonly captures: boolean;
}

/**
 * What means the same in PCRE and in JavaScript. Repeated groups that are empty, or that hold captures, do not: PCRE
 * keeps captures of earlier rounds and lets an empty round end the loop.
 */
export const commonPatterns: fc.Arbitrary<string> = fc.letrec<{ alternatives: Piece; piece: Piece }>((
  tie,
) => ({
  alternatives: fc.array(branch(tie("piece")), { minLength: 1, maxLength: 3 }).map((
    branches,
  ) => ({
    source: branches.map((branch) => branch.map((piece) => piece.source).join("")).join("|"),
    nullable: branches.some((branch) => branch.every((piece) => piece.nullable)),
    captures: branches.flat().some((piece) => piece.captures),
  })),
  piece: fc.oneof(
    { depthSize: "small", maxDepth: 3, withCrossShrink: true },
    {
      weight: 6,
      arbitrary: repeated(
        fc.constantFrom(..."aabbc.-", "[ab]", "[^a]", "[a-c]", "\\w", "\\W", "\\d", "\\x61", "\\/")
          .map((source) => ({ source, nullable: false, captures: false })),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("^", "$", "\\b", "\\B", "(?<=a)", "(?<!a|b)")
        .map((source) => ({ source, nullable: true, captures: false })),
    },
    {
      weight: 4,
      arbitrary: repeated(
        fc.tuple(fc.constantFrom("(", "(?:", "(?:", "(?=", "(?!"), tie("alternatives")).map((
          [opening, body],
        ) => ({
          source: `${opening}${body.source})`,
          nullable: body.nullable || opening === "(?=" || opening === "(?!",
          captures: body.captures || opening === "(",
        })),
      ),
    },
  ),
})).alternatives.map((piece) => piece.source);

function repeated(atom: fc.Arbitrary<Piece>): fc.Arbitrary<Piece> {
  const quantifiers = fc.constantFrom(
    "",
    "",
    "",
    ..."*+?",
    "{2}",
    "{1,2}",
    "{0,3}",
    "{2,}",
    "*?",
    "+?",
    "??",
    "{1,3}?",
  );
  return fc.tuple(atom, quantifiers).map(([piece, quantifier]) => {
    if (quantifier === "" || piece.nullable || piece.captures) return piece;
    return { ...piece, source: piece.source + quantifier, nullable: /^(?:[*?]|\{0)/.test(quantifier) };
  });
}

/** Texts for {@link commonPatterns}: no line breaks, about which the two languages differ. */
export const commonTexts: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(..."aabbc-1/é"),
  maxLength: 9,
});
