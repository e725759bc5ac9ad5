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
    // Most big configurations are JSON, which takes a fifth of the time that YAML does.
    const json = parseJson(text);
    if (json !== undefined && isBounded(json, DEEPEST, { nodes: Infinity })) return { ok: true, value: json };
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

/** An object with every key once; undefined = that is for the YAML parser to judge, which says what is wrong. */
function parseJson(text: string): object | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: object = JSON.parse(text);
    return shareTexts(value) === countColons(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Number of keys in a value that was just made; its texts become shared ones. */
function shareTexts(value: object): number {
  const node = value as Record<string, unknown>;
  let keys = 0;
  for (const key of Object.keys(node)) {
    const child = node[key];
    if (typeof child === "string") node[key] = share(child);
    else if (typeof child === "object" && child !== null) keys += shareTexts(child);
    keys++;
  }
  return Array.isArray(value) ? keys - value.length : keys;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Those of a JSON text that are not in strings: it has one for each key that is written. */
function countColons(text: string): number {
  let count = 0;
  for (let at = 0, isInside = false; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) isInside = !isInside;
    else if (isInside && code === BACKSLASH) at++;
    else if (!isInside && code === COLON) count++;
  }
  return count;
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
