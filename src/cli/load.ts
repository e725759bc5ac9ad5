/** One look at the configuration, for the commands that do not serve. */
import type { Settings } from "../config.ts";
import type { Problem } from "../errors.ts";
import { isKind } from "../resources/kinds.ts";
import { countObjects } from "../resources/list.ts";
import { readOnce } from "../sources/file.ts";
import { systemLookup } from "../sources/names.ts";
import type { Table } from "../table/table.ts";
import { translate } from "../translators/mod.ts";
import type { TranslateOptions } from "../translators/types.ts";

export interface Loaded {
  readonly table: Table;
  /** In the order of files and lines. */
  readonly problems: readonly Problem[];
  readonly objectCount: number;
  /** The same problem with the place of its object. */
  locate(problem: Problem): Problem;
}

/** `resolveNames`: whether ExternalName Services are looked up, which takes a network. */
export async function load(settings: Settings, resolveNames: boolean): Promise<Loaded> {
  const { snapshot, problems } = await readOnce(settings.config, resolveNames ? systemLookup : undefined);
  const translation = translate(snapshot, translateOptions(settings));
  return {
    table: translation.table,
    problems: [...problems, ...translation.problems].sort(byPlace),
    objectCount: countObjects(snapshot),
    locate(problem) {
      const { kind, namespace, name } = problem.object;
      const object = isKind(kind) ? snapshot.get(kind, namespace, name) : undefined;
      return object === undefined ? problem : { ...problem, object: snapshot.refer(object, problem.field) };
    },
  };
}

export function translateOptions({ labelDomain, alb, trustedProxies }: Settings): TranslateOptions {
  return { labelDomain, alb, trustedProxies };
}

export function byPlace({ object: a }: Problem, { object: b }: Problem): number {
  const files = (a.file ?? "").localeCompare(b.file ?? "");
  return files !== 0 ? files : (a.line ?? 0) - (b.line ?? 0);
}

/** `1 error, 2 warnings`; "" when there are none. */
export function summarize(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return [countOf(errors, "error"), countOf(problems.length - errors, "warning")].filter(Boolean).join(", ");
}

export function countOf(count: number, noun: string): string {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
