/** Every object of a snapshot, whatever its kind. */
import { type Kind, KINDS, type Resource } from "./kinds.ts";
import type { Snapshot } from "./snapshot.ts";

/** In the order of {@link KINDS}. */
export function* listObjects(snapshot: Snapshot): Generator<Resource> {
  for (const kind of Object.keys(KINDS) as Kind[]) yield* snapshot.all(kind).values();
}

export function countObjects(snapshot: Snapshot): number {
  return Object.keys(KINDS).reduce((sum, kind) => sum + snapshot.all(kind as Kind).size, 0);
}
