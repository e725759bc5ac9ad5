/**
 * An edit that translation refuses must not take away what worked: the last good version of the object keeps serving,
 * and the problem says so (rulings of the design: a bad object). Versions that a schema refuses are the source's work.
 */
import { objectLabel, type Problem, type ProblemCode } from "../errors.ts";
import type { Kind, Resource, ResourceOf } from "../resources/kinds.ts";
import { objectKey, type Snapshot } from "../resources/snapshot.ts";
import { translate } from "./mod.ts";
import type { TranslateOptions, Translation } from "./types.ts";

/** Good versions by {@link objectLabel}; to be handed to the next call. */
export type GoodVersions = ReadonlyMap<string, Resource>;

export interface KeptTranslation extends Translation {
  readonly good: GoodVersions;
}

/** Problems that come from the object alone, and that an older version of it may therefore not have. */
const OF_THE_OBJECT: ReadonlySet<ProblemCode> = new Set([
  "InvalidMatch",
  "InvalidAction",
  "InvalidAuth",
  "UnknownProtocol",
]);

/** Kinds that can have them. */
const KEPT: readonly Kind[] = ["ALB2", "Frontend", "Rule"];

/** Translates, and once more with older versions of the objects that were refused, where there are some. */
export function translateKeepingGood(
  snapshot: Snapshot,
  options: TranslateOptions,
  before: GoodVersions = new Map(),
): KeptTranslation {
  const first = translate(snapshot, options);
  const refused = first.problems.filter(isRefusal);
  const replacements = new Map<string, Resource>();
  for (const { object } of refused) {
    const version = before.get(objectLabel(object));
    if (version !== undefined) replacements.set(objectLabel(object), version);
  }
  const good = goodVersions(
    snapshot,
    new Set(refused.map(({ object }) => objectLabel(object))),
    replacements,
  );
  if (replacements.size === 0) return { ...first, good };
  const second = translate(overlay(snapshot, [...replacements.values()]), options);
  const stale = refused.filter(({ object }) => replacements.has(objectLabel(object)))
    .map((problem): Problem => ({ ...problem, stale: true }));
  return {
    ...second,
    problems: [...stale, ...second.problems],
    plan: { ...second.plan, problems: [...stale, ...second.plan.problems] },
    good,
  };
}

function isRefusal({ severity, code }: Problem): boolean {
  return severity === "error" && OF_THE_OBJECT.has(code);
}

/** Of every object that is there now: itself when it is good, else the version that stands in for it. */
function goodVersions(
  snapshot: Snapshot,
  refused: ReadonlySet<string>,
  replacements: GoodVersions,
): GoodVersions {
  const good = new Map<string, Resource>(replacements);
  for (const kind of KEPT) {
    for (const object of snapshot.all(kind).values()) {
      const label = objectLabel({ kind, ...object.metadata });
      if (!refused.has(label) && snapshot.refusals(object).length === 0) good.set(label, object);
    }
  }
  return good;
}

/** The snapshot with other versions of some of its objects; problems still name the places of the current ones. */
function overlay(snapshot: Snapshot, versions: readonly Resource[]): Snapshot {
  const byKind = new Map<Kind, Map<string, Resource>>();
  for (const version of versions) {
    const { kind, metadata } = version;
    const objects = byKind.get(kind) ?? new Map<string, Resource>(snapshot.all(kind));
    byKind.set(kind, objects.set(objectKey(metadata.namespace, metadata.name), version));
  }
  function all<K extends Kind>(kind: K): ReadonlyMap<string, ResourceOf<K>> {
    return byKind.get(kind) as ReadonlyMap<string, ResourceOf<K>> | undefined ?? snapshot.all(kind);
  }
  const isOld = new Set(versions);
  return {
    all,
    get: (kind, namespace, name) => all(kind).get(objectKey(namespace, name)),
    resolvedNames: snapshot.resolvedNames,
    refusals: (object) => isOld.has(object) ? [] : snapshot.refusals(object),
    refer: (object, field) => {
      const { kind, metadata } = object;
      return snapshot.refer(snapshot.get(kind, metadata.namespace, metadata.name) ?? object, field);
    },
  };
}
