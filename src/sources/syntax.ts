/** Parses one YAML or JSON document into a plain value that is safe to walk. */
import { CORE_SCHEMA, defineScalarTag, loadAll, mergeTag, strTag, YAMLException } from "js-yaml";
import { countLines } from "./split.ts";
import { textSharer } from "./texts.ts";

/** 1-based, within the text of the document. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export type ParseResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly place: Place };

/** Of the character at `offset`. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: countLines(before) + 1, column: offset - before.lastIndexOf("\n") };
}

/** Of the document that is being parsed. */
let share = (text: string): string => text;
const sharedText = defineScalarTag(strTag.tagName, { ...strTag, resolve: (text) => share(text) });
const OPTIONS = {
  schema: CORE_SCHEMA.withTags(mergeTag, sharedText),
  maxAliases: 1000,
  maxTotalMergeKeys: 10_000,
};
const START: Place = { line: 1, column: 1 };
const DEEPEST = 100;

/**
 * Never throws, and the message never quotes the text, which may be a secret. The value is a tree of bounded size and
 * depth, whatever aliases it was written with; `null` for an empty document.
 */
export function parseDocument(text: string): ParseResult {
  share = textSharer();
  try {
    const [value = null] = loadAll(text, OPTIONS);
    // Without aliases a value has fewer nodes than its text has characters.
    if (isBounded(value, DEEPEST, { nodes: 2 * text.length + 1000 })) return { ok: true, value };
    return { ok: false, message: "aliases make it endless or many times larger than its text", place: START };
  } catch (error) {
    if (!(error instanceof YAMLException)) return { ok: false, message: "cannot be parsed", place: START };
    const { mark, reason } = error;
    return { ok: false, message: inWords(reason), place: mark ? placeWithin(text, mark.position) : START };
  } finally {
    share = (text) => text;
  }
}

/** False for cycles too, which an alias inside its own anchor makes. Takes the nodes it sees from `budget`. */
function isBounded(value: unknown, depth: number, budget: { nodes: number }): boolean {
  if (--budget.nodes < 0) return false;
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((child) => isBounded(child, depth - 1, budget));
}

/** Of `offset`, or of the end of the text when nothing follows but blanks: there is nothing to see at that place. */
function placeWithin(text: string, offset: number): Place {
  return placeAt(text, Math.min(offset, text.trimEnd().length));
}

/** The parser's reason, without the tag, anchor or handle that some name. */
function inWords(reason: string): string {
  if (reason === "deficient indentation") {
    return "deficient indentation, or a quote or bracket that is not closed";
  }
  return reason.replace(/ ?(?:"[^"]*"|!<[^>]*>)|: .*$/gs, "");
}
