/** All valid objects at one moment: what translators work from. */
import type { ObjectRef } from "../errors.ts";
import { atOnce, eachOf, type Steps } from "../lib/steps.ts";
import { type Kind, KINDS, type Resource, type ResourceOf } from "./kinds.ts";

/** Where in a file something stands; both numbers are 1-based. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Knows where an object was written; objects from a cluster have none. Finding a place may parse the file again. */
export interface Origin {
  /** Place of `field` (a path such as `spec.dslx[0].values[1]`, "" = the object), or of its nearest parent. */
  locate(field: string): Position;
}

/**
 * A part of an object that cannot be used although the object can: its value was left out of the object
 * (rulings: a bad action answers 500, bad authentication 503).
 */
export interface Refusal {
  readonly code: "InvalidObject" | "InvalidAction" | "InvalidAuth";
  /** The part that was left out, e.g. `spec.config.auth`. */
  readonly field: string;
  readonly reason: string;
}

export interface SnapshotEntry {
  readonly object: Resource;
  readonly origin?: Origin;
  readonly refusals?: readonly Refusal[];
}

export type ObjectMap<K extends Kind> = ReadonlyMap<string, ResourceOf<K>>;

/** Immutable. Objects that did not change are the same values in successive snapshots. */
export interface Snapshot {
  /** Objects of a kind, keyed by {@link objectKey}. */
  all<K extends Kind>(kind: K): ObjectMap<K>;
  /** `namespace` is "" for kinds that are in none. */
  get<K extends Kind>(kind: K, namespace: string, name: string): ResourceOf<K> | undefined;
  /** Addresses of ExternalName Services by host name; a name that never resolved is missing. */
  readonly resolvedNames: ReadonlyMap<string, readonly string[]>;
  /** Parts of `object` that were left out because they are invalid; reported as problems already. */
  refusals(object: Resource): readonly Refusal[];
  /** Names `object` for a Problem, with the place of `field` in its file when it came from one. */
  refer(object: Resource, field?: string): ObjectRef;
}

/** Key of an object within its kind: `namespace/name`. */
export function objectKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** {@link snapshotSteps} without interruption. */
export function createSnapshot(
  entries: Iterable<SnapshotEntry>,
  resolvedNames?: ReadonlyMap<string, readonly string[]>,
): Snapshot {
  return atOnce(snapshotSteps(entries, resolvedNames));
}

/** Of two entries for one object the later wins; sources decide who is right before. */
export function* snapshotSteps(
  entries: Iterable<SnapshotEntry>,
  resolvedNames: ReadonlyMap<string, readonly string[]> = new Map(),
): Steps<Snapshot> {
  const kinds = new Map<Kind, Map<string, Resource>>();
  for (const kind of Object.keys(KINDS) as Kind[]) kinds.set(kind, new Map());
  const byObject = new Map<Resource, SnapshotEntry>();
  yield* eachOf(entries, (entry) => {
    const { kind, metadata } = entry.object;
    kinds.get(kind)?.set(objectKey(metadata.namespace, metadata.name), entry.object);
    byObject.set(entry.object, entry);
  });
  function all<K extends Kind>(kind: K): ObjectMap<K> {
    return kinds.get(kind) as unknown as ObjectMap<K>; // filled by kind above
  }
  return {
    all,
    get: (kind, namespace, name) => all(kind).get(objectKey(namespace, name)),
    resolvedNames,
    refusals: (object) => byObject.get(object)?.refusals ?? [],
    refer(object, field = "") {
      const { namespace, name } = object.metadata;
      return { kind: object.kind, namespace, name, ...byObject.get(object)?.origin?.locate(field) };
    },
  };
}
