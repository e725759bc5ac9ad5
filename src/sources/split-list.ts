/**
 * Cuts a `List`, in which `kubectl get -o yaml` and `-o json` write thousands of objects as one document, into its items:
 * then a change of one reads one again, and no parser has to hold all of them.
 */
import type { Steps } from "../lib/steps.ts";
import { isJson } from "./json.ts";
import { countLines } from "./split.ts";

export interface CutList {
  /** The document, with {@link CUT} as its only item. */
  readonly frame: string;
  readonly items: readonly CutItem[];
}

/** Stands for what was cut out, so that one can see whether it was the items of the list. */
export const CUT = "cut";

export interface CutItem {
  /** A document of its own, with the lines of the list. */
  readonly text: string;
  /** Of the list, before it. */
  readonly lines: number;
  /** Characters before it on its first line that are not part of `text`. */
  readonly columns: number;
}

/**
 * Undefined when `text` is no list, or one of which the items cannot be told apart without parsing it. Items may still be
 * anything but good objects.
 *
 * @param isKnown whether an item was cut out of a list before
 */
export function* cutList(text: string, isKnown: (item: string) => boolean): Steps<CutList | undefined> {
  return yield* /^\s*\{/.test(text) ? cutJson(text, isKnown) : cutYaml(text);
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]); // { [
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]); // } ]

/** JSON with an `items` that holds objects. If frame and items are JSON, then so is the whole, and cut rightly. */
function* cutJson(text: string, isKnown: (item: string) => boolean): Steps<CutList | undefined> {
  const opening = /"items"\s*:\s*\[/.exec(text);
  if (opening === null) return undefined;
  const begin = opening.index + opening[0].length;
  const items: CutItem[] = [];
  let start = { at: begin, lines: 0, columns: 0 }; // of the item
  let end = begin; // of the item before
  let lines = countLines(text.slice(0, begin));
  let lineStart = text.lastIndexOf("\n", begin) + 1;
  let depth = 0;
  for (let at = begin; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at); // which is in one line
    else if (code === LINE_FEED) {
      lines++;
      lineStart = at + 1;
    } else if (OPENING.has(code)) {
      if (depth++ === 0) start = { at, lines, columns: at - lineStart };
    } else if (CLOSING.has(code) && depth-- <= 1) {
      const gap = text.slice(end, depth < 0 ? at : start.at);
      if (gap.trim() !== (depth < 0 || items.length === 0 ? "" : ",")) return undefined;
      if (depth < 0) return framed(`${text.slice(0, begin)}"${CUT}"${text.slice(at)}`, items);
      const item = text.slice(start.at, at + 1);
      if (!item.startsWith("{") || !(isKnown(item) || isJson(item))) return undefined;
      items.push({ text: item, lines: start.lines, columns: start.columns });
      end = at + 1;
      yield;
    }
  }
  return undefined;
}

function framed(frame: string, items: readonly CutItem[]): CutList | undefined {
  return isJson(frame) ? { frame, items } : undefined;
}

/** Offset of the quote that ends the string which begins at `at`. */
function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/** Anchors and aliases reach from one item into others, directives into all. Quoted text may look like them. */
const SHARING = /(?:^|[\s[{,:-])[&*][^\s,\]}]|^%/m;

/**
 * A block sequence below a key `items` that begins a line. What is within an item, multi-line texts included, stands
 * further to the right than the item's dash (YAML 1.2, 8.2.1), so lines tell the items apart.
 */
function* cutYaml(text: string): Steps<CutList | undefined> {
  const opening = /^items:(?=[ \t]*\r?\n( *)- )/m.exec(text);
  if (opening === null || SHARING.test(text)) return undefined;
  const indent = opening[1] ?? "";
  const begin = text.indexOf("\n", opening.index) + 1;
  const items: CutItem[] = [];
  let lines = countLines(text.slice(0, begin));
  let start = begin;
  let firstLine = lines;
  let at = begin;
  for (; at < text.length; lines++) {
    const next = text.indexOf("\n", at) + 1 || text.length;
    if (text.startsWith(`${indent}- `, at)) {
      if (at > start) items.push(blockItem(text.slice(start, at), indent, firstLine));
      yield;
      start = at;
      firstLine = lines;
    } else if (!isInside(text, at, indent.length)) break;
    at = next;
  }
  items.push(blockItem(text.slice(start, at), indent, firstLine));
  return { frame: `${text.slice(0, opening.index)}items: [${CUT}]\n${text.slice(at)}`, items };
}

/** Whether the line at `at` is blank, a comment, or further to the right than the dashes. */
function isInside(text: string, at: number, indent: number): boolean {
  let first = at;
  while (text.charAt(first) === " ") first++;
  return first - at > indent || /^[#\r\n]?$/.test(text.charAt(first));
}

/** The dash becomes a blank, so that everything stays in its column. */
function blockItem(text: string, indent: string, lines: number): CutItem {
  return { text: `${indent} ${text.slice(indent.length + 1)}`, lines, columns: 0 };
}
