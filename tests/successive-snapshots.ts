/** Snapshots as a source makes them one after the other: objects that did not change are the same values. */
import assert from "node:assert/strict";
import { readObject } from "../src/resources/read.ts";
import { createSnapshot, type Snapshot, type SnapshotEntry } from "../src/resources/snapshot.ts";

export type MakeSnapshot = (
  objects: readonly unknown[],
  options?: { readonly names?: ReadonlyMap<string, readonly string[]>; readonly file?: string },
) => Snapshot;

/** With a `file`, objects stand in it, each on the line that is its place in the list. */
export function successiveSnapshots(): MakeSnapshot {
  const known = new Map<string, SnapshotEntry>();
  return (objects, { names = new Map(), file } = {}) => {
    const entries = objects.map((manifest, index) => {
      const text = JSON.stringify(manifest);
      const { object, refusals } = known.get(text) ?? readObject(manifest);
      assert(object !== undefined, `the object should be readable: ${text}`);
      const place = { file: file ?? "", line: index + 1, column: 1 };
      const entry = {
        object,
        refusals: refusals ?? [],
        ...(file !== undefined && { origin: { locate: () => place } }),
      };
      known.set(text, entry);
      return entry;
    });
    return createSnapshot(entries, names);
  };
}
