/** Cuts a file into its documents before anything is parsed, so that a broken one leaves its neighbours alone. */

import { isJson } from "./json.ts";

/** The text of one document with its marker line, and where it starts. */
export interface Piece {
  readonly text: string;
  /** Number of line ends in the file before it. */
  readonly linesBefore: number;
  /** Characters before it on its first line; none unless it is cut out of a list. */
  readonly columnsBefore?: number;
}

const MARKER = /(?:---|\.\.\.)(?=[ \t\r\n]|$)/g;
/** A line that is more than a comment, a marker or a directive. */
const CONTENT = /(?<![^\r\n])(?!(?:---|\.\.\.)?(?:[ \t]*(?:[\r\n]|$)|[ \t]+#)|#|%)/;
const DIRECTIVE = /(?<![^\r\n])%/;

/** Documents of a YAML or JSON file in order; those without any content are left out. */
export function splitDocuments(text: string): Piece[] {
  const pieces: Piece[] = [];
  const cuts = findCuts(text);
  let lines = 0;
  let directives = ""; // of the document that follows them
  for (const [at, start] of cuts.entries()) {
    const piece = text.slice(start, cuts[at + 1]);
    if (CONTENT.test(piece)) {
      for (const part of splitJson(directives + piece)) {
        pieces.push({ text: part, linesBefore: lines });
        lines += countLines(part);
      }
      directives = "";
    } else if (DIRECTIVE.test(piece) && !piece.startsWith("---")) directives += piece;
    else {
      lines += countLines(directives + piece);
      directives = "";
    }
  }
  return pieces;
}

/**
 * Offsets at which documents start. A marker at the start of a line ends a document whatever it is in the middle of,
 * block scalars and quotes included (YAML 1.2 rule c-forbidden), so no parser is needed to find it.
 */
function findCuts(text: string): number[] {
  const cuts = [0];
  for (const { 0: marker, index } of text.matchAll(MARKER)) {
    if (index > 0 && !/[\r\n]/.test(text.charAt(index - 1))) continue;
    if (marker === "---") cuts.push(index);
    else {
      const lineEnd = text.indexOf("\n", index);
      cuts.push(lineEnd < 0 ? text.length : lineEnd + 1);
    }
  }
  return cuts;
}

/** JSON values may follow each other without a marker; within one, `}` is never followed by `{`. */
function splitJson(text: string): string[] {
  if (!/^\s*\{/.test(text) || !/\}\s*\{/.test(text)) return [text];
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") depth++;
    else if (token === "}" && --depth === 0) {
      parts.push(text.slice(start, index + 1));
      start = index + 1;
    }
  }
  if (!parts.every(isJson)) return [text]; // quotes and comments of YAML were read as something else
  const rest = text.slice(start);
  return rest.trim() === "" ? parts : [...parts, rest];
}

/** Number of line ends in `text`. */
export function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
