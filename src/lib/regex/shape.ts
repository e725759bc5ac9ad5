/** Questions about syntax trees. */
import { Assertion } from "./assertions.ts";
import type { Node } from "./ast.ts";
import { single } from "./charset.ts";

/** Whether `node` can match without taking a character. */
export function isNullable(node: Node): boolean {
  switch (node.type) {
    case "set":
      return false;
    case "sequence":
      return node.items.every(isNullable);
    case "choice":
      return node.alternatives.some(isNullable);
    case "group":
    case "atomic":
      return isNullable(node.body);
    case "repeat":
      return node.min === 0 || isNullable(node.body);
    case "empty":
    case "look":
    case "assert":
    case "keep":
      return true;
  }
}

/** The number of characters that `node` takes, or undefined when that varies. */
export function fixedLength(node: Node): number | undefined {
  switch (node.type) {
    case "set":
      return 1;
    case "sequence":
      return node.items.reduce<number | undefined>((sum, item) => add(sum, fixedLength(item)), 0);
    case "choice": {
      const lengths = new Set(node.alternatives.map(fixedLength));
      return lengths.size === 1 ? [...lengths][0] : undefined;
    }
    case "group":
    case "atomic":
      return fixedLength(node.body);
    case "repeat": {
      const length = fixedLength(node.body);
      return node.min === node.max && length !== undefined ? node.min * length : undefined;
    }
    case "empty":
    case "look":
    case "assert":
    case "keep":
      return 0;
  }
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function children(node: Node): readonly Node[] {
  switch (node.type) {
    case "sequence":
      return node.items;
    case "choice":
      return node.alternatives;
    case "group":
    case "atomic":
    case "repeat":
    case "look":
      return [node.body];
    default:
      return [];
  }
}

/** Whether `test` holds for `node` or anything in it. */
export function some(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || children(node).some((child) => some(child, test));
}

/** Whether `node` holds a capture group or `\K`, so that more of it is seen than whether it matches. */
export function hasCaptures(node: Node): boolean {
  return some(node, (inner) => inner.type === "group" || inner.type === "keep");
}

/** Whether matches of `node` begin only at the start of the text. */
export function isAnchored(node: Node): boolean {
  switch (node.type) {
    case "assert":
      return node.assertion === Assertion.TEXT_START;
    case "sequence": {
      const end = node.items.findIndex((item) => fixedLength(item) !== 0);
      return node.items.slice(0, end < 0 ? undefined : end + 1).some(isAnchored);
    }
    case "choice":
      return node.alternatives.every(isAnchored);
    case "group":
    case "atomic":
      return isAnchored(node.body);
    case "repeat":
      return node.min > 0 && isAnchored(node.body);
    default:
      return false;
  }
}

/** The text with which all that `node` matches begins; `exact` when that text is all it matches. */
export function literalPrefix(node: Node): { readonly text: string; readonly exact: boolean } {
  switch (node.type) {
    case "set": {
      const code = single(node.set);
      return code === undefined ? NO_PREFIX : { text: String.fromCharCode(code), exact: true };
    }
    case "sequence": {
      let text = "";
      for (const item of node.items) {
        const prefix = literalPrefix(item);
        text += prefix.text;
        if (!prefix.exact) return { text, exact: false };
      }
      return { text, exact: true };
    }
    case "choice":
      return { text: node.alternatives.map((item) => literalPrefix(item).text).reduce(common), exact: false };
    case "group":
    case "atomic":
      return literalPrefix(node.body);
    case "repeat":
      return node.min === 0 ? NO_PREFIX : { text: literalPrefix(node.body).text, exact: false };
    case "empty":
    case "look":
    case "assert":
    case "keep":
      return { text: "", exact: true };
  }
}

const NO_PREFIX = { text: "", exact: false };

function common(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
