/**
 * Golden cases of translation: a folder holds the objects that are given (`in.yaml`), the options if they are not the
 * usual ones (`options.yaml`), and what comes of it (`out.yaml`). `scripts/golden` writes the last; review its diff.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse, parseAllDocuments, stringify } from "yaml";
import { formatProblem, type Problem } from "../../src/errors.ts";
import { readObject } from "../../src/resources/read.ts";
import { createSnapshot, type SnapshotEntry } from "../../src/resources/snapshot.ts";
import { checkTable } from "../../src/table/check.ts";
import type { Table } from "../../src/table/table.ts";
import { translate } from "../../src/translators/mod.ts";
import type { TranslateOptions } from "../../src/translators/types.ts";
import { brief } from "./brief.ts";

/** Contents of `options.yaml`. */
interface CaseOptions extends Partial<TranslateOptions> {
  /** Addresses of ExternalName Services. */
  readonly resolvedNames?: Readonly<Record<string, readonly string[]>>;
}

const RULE_CASES = new URL("rule/", import.meta.url);

/** Names of the cases, which are the names of their folders. */
export function caseNames(): string[] {
  return readdirSync(RULE_CASES, { withFileTypes: true }).filter((each) => each.isDirectory())
    .map(({ name }) => name).sort();
}

export function fileOf(name: string, file: string): URL {
  return new URL(`${name}/${file}`, RULE_CASES);
}

/** What `out.yaml` should hold. Throws when the table may not be served. */
export function render(name: string): string {
  const { table, problems } = translateCase(name);
  const findings = checkTable(table);
  if (findings.length > 0) throw new Error(findings.join("\n"));
  return stringify({ ...brief(table), problems: problems.map(formatProblem) }, { lineWidth: 110 });
}

/** Problems are those of reading and those of translation. */
function translateCase(name: string): { table: Table; problems: readonly Problem[] } {
  const options: CaseOptions = existsSync(fileOf(name, "options.yaml"))
    ? parse(read(fileOf(name, "options.yaml")))
    : {};
  const { resolvedNames = {}, ...given } = options;
  // Every case may send to the Service `echo` without saying what that is.
  const documents = [fileOf(name, "in.yaml"), new URL("base.yaml", RULE_CASES)].flatMap((file) =>
    parseAllDocuments(read(file))
  );
  const results = documents.map((document) => readObject(document.toJS()));
  const entries = results.flatMap(({ object, refusals }): SnapshotEntry[] =>
    object ? [{ object, refusals }] : []
  );
  const snapshot = createSnapshot(entries, new Map(Object.entries(resolvedNames)));
  const unread = results.flatMap(({ ref, issues }) =>
    issues.map(({ severity, code, field, reason }): Problem => ({
      object: ref,
      severity,
      code,
      field,
      reason,
    }))
  );
  const { table, problems } = translate(snapshot, { labelDomain: "cpaas.io", trustedProxies: [], ...given });
  return { table, problems: [...unread, ...problems] };
}

function read(file: URL): string {
  return readFileSync(file, "utf8");
}
