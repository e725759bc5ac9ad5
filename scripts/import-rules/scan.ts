/** Reads out of one TypeScript file what the import rules need to know. */
import { parse } from "@babel/parser";

/** One import, re-export or dynamic import. */
export interface ImportUse {
  /** null: a dynamic import of a computed name. */
  readonly specifier: string | null;
  /** 1-based. */
  readonly line: number;
  /** `import type`, or every name marked `type`. */
  readonly typesOnly: boolean;
}

/** A name in the text that a rule may forbid. */
export interface NameUse {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
}

export interface ScannedFile {
  readonly imports: readonly ImportUse[];
  /** Uses of the names in {@link PLATFORM_GLOBALS} and {@link IMPURE_GLOBALS}. */
  readonly names: readonly NameUse[];
  /** True when the file only passes on the exports of others. */
  readonly barrel: boolean;
}

/** Globals that tell on what runtime the program runs. */
export const PLATFORM_GLOBALS: ReadonlySet<string> = new Set(["Bun", "Deno", "process"]);

/** Globals by which a function stops depending on its arguments alone. */
export const IMPURE_GLOBALS: ReadonlySet<string> = new Set(
  ["Date", "performance", "fetch", "setTimeout", "setInterval", "setImmediate", "crypto", "Math.random"],
);

/** The parts of a syntax tree that we look at; the parser's own types name 250 kinds of node. */
interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number } };
  readonly [field: string]: unknown;
}

/** Throws a `SyntaxError` with `loc` when `text` is not TypeScript. */
export function scanFile(text: string): ScannedFile {
  const program = parse(text, {
    sourceType: "module",
    plugins: ["typescript"],
    createImportExpressions: true,
  }).program as unknown as Node;
  const imports: ImportUse[] = [];
  const names: NameUse[] = [];
  walk(program, null, (node, parent) => {
    const found = importOf(node);
    if (found !== null) imports.push(found);
    const name = nameOf(node, parent);
    if (PLATFORM_GLOBALS.has(name) || IMPURE_GLOBALS.has(name)) names.push({ name, line: lineOf(node) });
  });
  return { imports, names, barrel: isBarrel(program["body"] as Node[]) };
}

function walk(node: Node, parent: Node | null, visit: (node: Node, parent: Node | null) => void): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, node, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1;
}

function importOf(node: Node): ImportUse | null {
  const line = lineOf(node);
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration": {
      if (!isNode(node["source"])) return null;
      const specifiers = (node["specifiers"] ?? []) as Node[];
      const kind = node.type === "ImportDeclaration" ? "importKind" : "exportKind";
      const everyNameMarked = specifiers.length > 0 && specifiers.every((entry) => entry[kind] === "type");
      return {
        specifier: stringOf(node["source"]),
        line,
        typesOnly: node[kind] === "type" || everyNameMarked,
      };
    }
    case "ImportExpression":
      return { specifier: stringOf(node["source"]), line, typesOnly: false };
    case "TSImportType":
      return { specifier: stringOf(node["argument"] ?? node["source"]), line, typesOnly: true };
    default:
      return null;
  }
}

/** The text of a string literal, also inside a literal type; null for anything computed. */
function stringOf(node: unknown): string | null {
  if (!isNode(node)) return null;
  if (node.type === "TSLiteralType") return stringOf(node["literal"]);
  return node.type === "StringLiteral" ? node["value"] as string : null;
}

/**
 * The global that a node names, "" when none. A local variable that shadows one of these globals is reported too:
 * it would mislead readers just as it misleads us.
 */
function nameOf(node: Node, parent: Node | null): string {
  if (node.type === "MemberExpression" && isNode(node["object"]) && isNode(node["property"])) {
    const path = `${node["object"]["name"]}.${node["property"]["name"]}`;
    if (path === "Math.random") return path;
    return path.startsWith("globalThis.") ? path.slice("globalThis.".length) : "";
  }
  return node.type === "Identifier" && !isLabel(node, parent) ? node["name"] as string : "";
}

/** Whether an identifier is only the name of a field, `x.process` or `{ process: 1 }`. */
function isLabel(node: Node, parent: Node | null): boolean {
  if (parent === null || parent["computed"] === true) return false;
  if (parent["property"] === node || parent["imported"] === node || parent["exported"] === node) return true;
  if (parent.type === "TSQualifiedName") return parent["right"] === node;
  return parent["key"] === node && parent["shorthand"] !== true;
}

function isBarrel(statements: readonly Node[]): boolean {
  const own = statements.filter((statement) => statement.type !== "ImportDeclaration");
  return own.length > 0 && own.every((statement) =>
    statement.type === "ExportAllDeclaration" ||
    (statement.type === "ExportNamedDeclaration" && !isNode(statement["declaration"]))
  );
}
