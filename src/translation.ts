/**
 * Translation with a memory of one step: what changed decides how much is done, and an object that turned bad keeps
 * its last good version (rulings: a bad object). Objects that their schema refuses never get here; the source keeps
 * their last good version itself.
 */
import type { ObjectRef, Problem, ProblemCode } from "./errors.ts";
import type { Steps } from "./lib/steps.ts";
import { compareSnapshots } from "./resources/changes.ts";
import { type Kind, KINDS, type Resource } from "./resources/kinds.ts";
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
  /** Keys of the objects in `effective` that are bad. */
  readonly bad: ReadonlySet<string>;
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
  return { given: snapshot, effective: snapshot, bad: memory.bad, translation };
}

function* fullPath(
  given: Snapshot,
  options: TranslateOptions,
  memory: Memory | undefined,
): Steps<Memory> {
  const translation = yield* translateSteps(given, options);
  const faulty = new Map(
    translation.problems.filter(isOwnFault).map(({ object }) => [keyOf(object), object]),
  );
  const replacements = memory === undefined ? new Map() : lastGood(faulty.values(), given, memory);
  if (replacements.size === 0) return { given, effective: given, bad: new Set(faulty.keys()), translation };

  const effective = withReplacements(given, replacements);
  const repaired = yield* translateSteps(effective, options);
  const isReplaced = ({ object }: Problem) => replacements.has(keyOf(object));
  const stale = translation.problems.filter(isReplaced).map((problem) => ({ ...problem, stale: true }));
  const problems = [...stale, ...repaired.problems.filter((problem) => !isReplaced(problem))];
  const bad = new Set([...faulty.keys()].filter((key) => !replacements.has(key)));
  return { given, effective, bad, translation: { ...repaired, problems } };
}

function isOwnFault({ severity, code }: Problem): boolean {
  return severity === "error" && OWN_FAULTS.has(code);
}

/** An earlier version of an object, and how problems call it. */
interface Replacement {
  readonly object: Resource;
  readonly ref: ObjectRef;
}

function lastGood(faulty: Iterable<ObjectRef>, given: Snapshot, memory: Memory): Map<string, Replacement> {
  const found = new Map<string, Replacement>();
  for (const { kind, namespace, name } of faulty) {
    const key = keyOf({ kind, namespace, name });
    if (!isKind(kind) || memory.bad.has(key)) continue;
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

function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind);
}
