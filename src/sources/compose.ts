/** From the files to one set of objects: who wins, what keeps its last good version, and every problem. Pure. */
import type { ObjectRef, Problem } from "../errors.ts";
import { atOnce, eachOf, type Steps } from "../lib/steps.ts";
import type { SnapshotEntry } from "../resources/snapshot.ts";
import type { Definition, FileError, ParsedFile } from "./parse-file.ts";

/** Good objects of each file by their key, the current ones and those that are kept. */
export type GoodObjects = ReadonlyMap<string, ReadonlyMap<string, SnapshotEntry>>;

export interface Composition {
  readonly entries: readonly SnapshotEntry[];
  readonly problems: readonly Problem[];
  /** To be handed to the next call. */
  readonly good: GoodObjects;
}

/**
 * `files` in the order in which they count. Of two good definitions of one object the first wins. An object that
 * became bad keeps the last good version that its file gave; a file that became unreadable, wholly or in part, keeps
 * the objects that it no longer shows.
 */
export function compose(files: readonly ParsedFile[], before?: GoodObjects): Composition {
  return atOnce(composeSteps(files, before));
}

/** {@link compose} for thousands of objects beside traffic. */
export function* composeSteps(
  files: readonly ParsedFile[],
  before: GoodObjects = new Map(),
): Steps<Composition> {
  const winners = new Map<string, SnapshotEntry>();
  const problems: Problem[] = [];
  const good = new Map<string, Map<string, SnapshotEntry>>();

  for (const file of files) {
    const earlier = before.get(file.path);
    const kept = new Map<string, SnapshotEntry>();
    good.set(file.path, kept);
    const seen = new Set<string>();
    yield* eachOf(file.definitions, (definition) => {
      const key = keyOf(definition);
      seen.add(key);
      const { entry, stale } = choose(definition, earlier?.get(key));
      for (const issue of definition.result.issues) {
        const { severity, code, field, reason } = issue;
        problems.push({
          severity,
          code,
          object: refer(definition, field),
          field,
          reason,
          ...(stale && { stale }),
        });
      }
      if (entry === undefined) return;
      const winner = winners.get(key);
      if (winner !== undefined) problems.push(duplicate(definition, winner));
      else winners.set(key, entry);
      if (!kept.has(key) && !entry.refusals?.length) kept.set(key, entry);
    });
    if (file.errors.length === 0) continue;
    const keeps: ObjectRef[] = [];
    for (const [key, entry] of earlier ?? []) {
      if (seen.has(key)) continue;
      const { kind, metadata: { namespace, name } } = entry.object;
      keeps.push({ kind, namespace, name });
      kept.set(key, entry);
      if (!winners.has(key)) winners.set(key, entry);
    }
    for (const error of file.errors) problems.push(unreadable(file.path, error, keeps));
  }
  return { entries: [...winners.values()], problems: problems.sort(byPlace), good };
}

function byPlace({ object: a }: Problem, { object: b }: Problem): number {
  if (a.file !== b.file) return (a.file ?? "") < (b.file ?? "") ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** An object of which a part is refused is worse than a good version of it, and better than nothing. */
function choose(
  { result, origin }: Definition,
  earlier: SnapshotEntry | undefined,
): { entry: SnapshotEntry | undefined; stale: boolean } {
  const { object, refusals } = result;
  const isGood = object !== undefined && refusals.length === 0;
  if (!isGood && earlier !== undefined) return { entry: earlier, stale: true };
  return { entry: object && { object, origin, refusals }, stale: false };
}

function duplicate(definition: Definition, winner: SnapshotEntry): Problem {
  const first = winner.origin?.locate("");
  const reason = first === undefined
    ? "is defined twice; the first definition counts"
    : `is defined before, at ${first.file}:${first.line}, and that definition counts`;
  return { severity: "error", code: "DuplicateObject", object: refer(definition, ""), field: "", reason };
}

function unreadable(path: string, error: FileError, keeps: readonly ObjectRef[]): Problem {
  const object: ObjectRef = { kind: "File", namespace: "", name: path, file: path, ...error.place };
  const code = "UnreadableFile";
  const problem: Problem = { severity: "error", code, object, field: "", reason: error.message };
  if (keeps.length > 0) return { ...problem, stale: true, keeps };
  return error.stale === true ? { ...problem, stale: true } : problem;
}

function refer({ result, origin }: Definition, field: string): ObjectRef {
  const { kind, namespace, name } = result.ref;
  return { kind: kind || "Object", namespace, name: name || "(no name)", ...origin.locate(field) };
}

function keyOf({ result: { ref } }: Definition): string {
  return `${ref.kind} ${ref.namespace}/${ref.name}`;
}
