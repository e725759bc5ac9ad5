/** Questions about syntax trees. */
import type { Node } from "./ast.ts";

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

/** The text with which every match begins, when it can only begin at the start of the text; else undefined. */
export function requiredPrefix(root: Node): string | undefined {
  const items = flatten(root);
  const [first] = items;
  if (first?.type !== "assert" || first.kind !== "textStart") return undefined;
  let prefix = "";
  for (const item of items.slice(1)) {
    if (item.type !== "set" || item.set.length !== 2 || item.set[0] !== item.set[1]) break;
    prefix += String.fromCharCode(item.set[0]!);
  }
  return prefix;
}

function flatten(node: Node): readonly Node[] {
  if (node.type === "sequence") return node.items.flatMap(flatten);
  return node.type === "group" ? flatten(node.body) : [node];
}
