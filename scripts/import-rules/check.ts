/** Holds a tree of source files against the import table. */
import { posix } from "node:path";
import { findCycle } from "./cycles.ts";
import { type ImportUse, IMPURE_GLOBALS, PLATFORM_GLOBALS, scanFile, type ScannedFile } from "./scan.ts";
import { areaOf, type AreaRule, LEAVES, ruleOf } from "./table.ts";

/** One broken rule. */
export interface Refusal {
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** What was found and which rule it breaks, as a sentence. */
  readonly reason: string;
}

/** `file:line: reason`, as compilers print it. */
export function formatRefusal(refusal: Refusal): string {
  return `${refusal.file}:${refusal.line}: ${refusal.reason}`;
}

/** Checks all files together; keys are paths relative to the repository. Sorted by file and line. */
export function checkTree(files: ReadonlyMap<string, string>): Refusal[] {
  const refusals: Refusal[] = [];
  const edges = new Map<string, Map<string, Refusal>>();
  for (const [file, text] of files) {
    const refuse = (line: number, reason: string): void => void refusals.push({ file, line, reason });
    const scanned = scan(text, refuse);
    const rule = ruleOf(file);
    if (scanned === undefined) continue;
    if (rule === undefined) {
      refuse(1, `folder "${areaOf(file)}" has no row in the import table`);
      continue;
    }
    if (scanned.barrel && file !== "src/main.ts") {
      refuse(1, "a file that only re-exports (a barrel): import from where things are defined");
    }
    checkNames(file, rule, scanned, refuse);
    for (const use of scanned.imports) {
      const reason = refuseImport(file, rule, use);
      if (reason !== null) refuse(use.line, reason);
      noteEdge(edges, file, use);
    }
  }
  const cycle = findCycle(edges);
  if (cycle !== null) {
    const [first] = cycle.edges;
    if (first !== undefined) {
      refusals.push({ ...first, reason: `${first.reason} closes a cycle: ${cycle.path.join(" → ")}` });
    }
  }
  return refusals.sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
}

function scan(text: string, refuse: (line: number, reason: string) => void): ScannedFile | undefined {
  try {
    return scanFile(text);
  } catch (error) {
    const line = (error as { loc?: { line?: number } }).loc?.line ?? 1;
    refuse(line, `cannot be parsed: ${(error as Error).message}`);
    return undefined;
  }
}

function checkNames(
  file: string,
  rule: AreaRule,
  scanned: ScannedFile,
  refuse: (line: number, reason: string) => void,
): void {
  for (const { name, line } of scanned.names) {
    if (PLATFORM_GLOBALS.has(name) && !rule.platform) {
      refuse(line, `names the global "${name}": only runtimes and main may`);
    }
    if (IMPURE_GLOBALS.has(name) && rule.pure) {
      refuse(line, `uses "${name}": ${areaOf(file)} is pure (no clock, no chance, no I/O)`);
    }
  }
}

/** Why `use` may not stand in `file`; null when it may. */
function refuseImport(file: string, rule: AreaRule, use: ImportUse): string | null {
  const { specifier } = use;
  if (specifier === null) {
    return rule.areas === "all" ? null : "imports a computed name: only composition roots may";
  }
  const found = `imports "${specifier}": `;
  if (specifier.startsWith("node:")) {
    return rule.node ? null : `${found}${areaOf(file)} may not use node:* modules`;
  }
  if (specifier === "bun" || specifier.startsWith("bun:")) {
    return rule.platform ? null : `${found}only runtimes and main may use a runtime's own modules`;
  }
  if (/^[a-z]+:/.test(specifier)) return `${found}packages are imported by name and pinned in package.json`;
  if (specifier.startsWith(".")) return refuseLocal(file, rule, use, specifier, found);
  const name = packageOf(specifier);
  const known = rule.packages === "all" ||
    rule.packages.some((entry) =>
      entry === name || (entry.endsWith("/*") && name.startsWith(entry.slice(0, -1)))
    );
  return known ? null : `${found}${areaOf(file)} may use ${listed(rule.packages)} of npm`;
}

function refuseLocal(
  file: string,
  rule: AreaRule,
  use: ImportUse,
  specifier: string,
  found: string,
): string | null {
  if (!/\.(ts|json)$/.test(specifier)) return `${found}local imports carry their ".ts"`;
  const target = resolve(file, specifier);
  const [from, to] = [areaOf(file), areaOf(target)];
  const leaf = LEAVES.includes(from);
  if (from === to || (LEAVES.includes(to) && !leaf)) return null;
  if (rule.areas === "all") {
    const product = target.startsWith("src/") || target.startsWith("routes/");
    const manifest = target === "package.json"; // the version
    if (product || manifest || from === "tests" || from === "scripts") return null;
    return `${found}the program may not depend on ${to}`;
  }
  const permissions = rule.areas.filter((entry) => entry.target === to || entry.target === target);
  if (permissions.some((entry) => !entry.typesOnly || use.typesOnly)) return null;
  if (permissions.length > 0) return `${found}${from} may import only types of it (import type)`;
  const allowed = [...rule.areas.map(({ target }) => target), ...leaf ? [] : LEAVES];
  return `${found}${from} may import ${listed(allowed)} of ours`;
}

function noteEdge(edges: Map<string, Map<string, Refusal>>, file: string, use: ImportUse): void {
  if (use.specifier === null || !use.specifier.startsWith(".")) return;
  const [from, to] = [areaOf(file), areaOf(resolve(file, use.specifier))];
  if (from === to || from === "tests" || from === "scripts") return;
  const targets = edges.get(from) ?? new Map<string, Refusal>();
  edges.set(from, targets);
  if (!targets.has(to)) {
    targets.set(to, { file, line: use.line, reason: `imports "${use.specifier}", which` });
  }
}

function resolve(file: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier));
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function listed(names: readonly string[] | "all"): string {
  return names.length === 0 ? "nothing" : names === "all" ? "all" : names.join(", ");
}
