/**
 * Translation with a memory of one step: what changed decides how much is done, and an object that turned bad keeps
 * its last good version (rulings: a bad object). Objects that their schema refuses never get here; the source keeps
 * their last good version itself.
 */
import type { ObjectRef, Problem, ProblemCode } from "./errors.ts";
import type { Steps } from "./lib/steps.ts";
import { compareSnapshots } from "./resources/changes.ts";
import { isKind, type Kind, type Resource } from "./resources/kinds.ts";
import type { Snapshot } from "./resources/snapshot.ts";
import { shareParts } from "./table/share.ts";
import { refreshEndpoints, translateSteps } from "./translators/mod.ts";
import type { TranslateOptions, Translation } from "./translators/types.ts";

/** Problems that say that the object itself is bad, not what it refers to. */
const OWN_FAULTS: ReadonlySet<ProblemCode> = new Set([
  "InvalidObject",
  "InvalidMatch",
  "InvalidAction",
  "InvalidAuth",
  "UnknownProtocol",
]);

/** What the step before left behind. */
interface Memory {
  readonly given: Snapshot;
  /** `given` with last good versions put in. */
  readonly effective: Snapshot;
  readonly translation: Translation;
}

/**
 * Remembers from call to call; one must have ended before the next begins. What of a table is as it was in the one before
 * is the same object.
 */
export function createTranslator(options: TranslateOptions): (snapshot: Snapshot) => Steps<Translation> {
  let memory: Memory | undefined;
  return function* translate(snapshot) {
    const before = memory?.translation;
    const next = (memory && (yield* shortPath(memory, snapshot))) ??
      (yield* fullPath(snapshot, options, memory));
    memory = { ...next, translation: yield* shareTable(before, next.translation) };
    return memory.translation;
  };
}

function* shareTable(before: Translation | undefined, after: Translation): Steps<Translation> {
  if (before === undefined || before === after) return after;
  const table = yield* shareParts(before.table, after.table);
  return table === after.table ? after : { ...after, table };
}

/** Undefined when everything has to be translated. */
function* shortPath(memory: Memory, snapshot: Snapshot): Steps<Memory | undefined> {
  // Where an object stands in a file changes with what stands above it, and problems name the place.
  if (memory.translation.problems.some(({ object }) => object.file !== undefined)) return undefined;
  const change = yield* compareSnapshots(memory.given, snapshot);
  if (change.type === "nothing") return memory;
  if (change.type === "anything") return undefined;
  const translation = yield* refreshEndpoints(memory.translation, snapshot, change.services);
  return { given: snapshot, effective: snapshot, translation };
}

function* fullPath(
  given: Snapshot,
  options: TranslateOptions,
  memory: Memory | undefined,
): Steps<Memory> {
  const translation = yield* translateSteps(given, options);
  const faults = ownFaults(translation);
  let replacements = memory === undefined ? new Map() : earlierVersions(faults, given, memory);
  while (replacements.size > 0) {
    const effective = withReplacements(given, replacements);
    const repaired = yield* translateSteps(effective, options);
    const remaining = ownFaults(repaired);
    const helpful = new Map(
      [...replacements].filter(([key, { object }]) =>
        isBetter(object.kind, remaining.get(key)?.faults, faults.get(key)?.faults)
      ),
    );
    if (helpful.size === replacements.size) {
      const problems = mergeProblems(translation.problems, repaired.problems, replacements);
      return { given, effective, translation: { ...repaired, problems } };
    }
    replacements = helpful;
  }
  return { given, effective: given, translation };
}

/** An object that is bad itself, and in what respects. */
interface Faulty {
  readonly object: ObjectRef;
  readonly faults: Set<string>;
}

function ownFaults({ problems }: Translation): ReadonlyMap<string, Faulty> {
  const faulty = new Map<string, Faulty>();
  for (const { severity, code, object, field } of problems) {
    if (severity !== "error" || !OWN_FAULTS.has(code)) continue;
    const key = keyOf(object);
    const known = faulty.get(key) ?? { object, faults: new Set() };
    known.faults.add(`${code} ${field}`);
    faulty.set(key, known);
  }
  return faulty;
}

/** They are bad in the eyes of those who name them, and may be good in those of others. */
const NAMED: ReadonlySet<string> = new Set(["Secret", "ConfigMap"]);

/**
 * Whether an earlier version has no faults; one that others name, whether it has fewer and none that the later one lacks:
 * whoever names a Secret that never was what he wants must not keep those who do from getting its new version.
 */
function isBetter(
  kind: string,
  earlier: ReadonlySet<string> = new Set(),
  later: ReadonlySet<string> = new Set(),
): boolean {
  if (!NAMED.has(kind)) return earlier.size === 0;
  return earlier.size < later.size && [...earlier].every((fault) => later.has(fault));
}

/** Of what was served, what it was is told as stale; of the rest, what is. */
function mergeProblems(
  given: readonly Problem[],
  repaired: readonly Problem[],
  replacements: ReadonlyMap<string, Replacement>,
): Problem[] {
  const isReplaced = ({ object }: Problem) => replacements.has(keyOf(object));
  const stale = given.filter(isReplaced).map((problem) => ({ ...problem, stale: true }));
  return [...stale, ...repaired.filter((problem) => !isReplaced(problem))];
}

/** An earlier version of an object, and how problems call it. */
interface Replacement {
  readonly object: Resource;
  readonly ref: ObjectRef;
}

/** Of objects that are bad, what was served of them before, if that was something else. */
function earlierVersions(
  faulty: ReadonlyMap<string, Faulty>,
  given: Snapshot,
  memory: Memory,
): Map<string, Replacement> {
  const found = new Map<string, Replacement>();
  for (const [key, { object: { kind, namespace, name } }] of faulty) {
    if (!isKind(kind)) continue;
    const object = memory.effective.get(kind, namespace, name);
    if (object === undefined || object === given.get(kind, namespace, name)) continue;
    if (memory.effective.refusals(object).length > 0) continue;
    found.set(key, { object, ref: memory.effective.refer(object) });
  }
  return found;
}

/** `snapshot` with other versions of some of its objects. */
function withReplacements(snapshot: Snapshot, replacements: ReadonlyMap<string, Replacement>): Snapshot {
  const objects = [...replacements.values()];
  const kinds = new Map<Kind, Map<string, Resource>>();
  for (const { object } of objects) {
    const { kind, metadata } = object;
    const all = kinds.get(kind) ?? new Map<string, Resource>(snapshot.all(kind));
    kinds.set(kind, all.set(`${metadata.namespace}/${metadata.name}`, object));
  }
  const all = ((kind) => kinds.get(kind) ?? snapshot.all(kind)) as Snapshot["all"]; // filled by kind above
  return {
    all,
    get: (kind, namespace, name) => all(kind).get(`${namespace}/${name}`),
    resolvedNames: snapshot.resolvedNames,
    refusals: (object) => snapshot.refusals(object),
    refer: (object, field) =>
      objects.find((each) => each.object === object)?.ref ?? snapshot.refer(object, field),
  };
}

function keyOf({ kind, namespace, name }: Pick<ObjectRef, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}
