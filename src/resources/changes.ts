/** What is different between two snapshots, as far as it decides how much has to be translated again. Pure. */
import { eachOf, type Steps } from "../lib/steps.ts";
import { SERVICE_NAME_LABEL } from "./endpoint-slice.ts";
import { type Kind, KINDS, type Resource, type ResourceOf } from "./kinds.ts";
import { objectKey, type Snapshot } from "./snapshot.ts";

export type SnapshotChange =
  | { readonly type: "nothing" }
  /** Only where Services lead; keys of those Services. */
  | { readonly type: "endpoints"; readonly services: ReadonlySet<string> }
  | { readonly type: "anything" };

/** The Service that an object of these kinds says something about. */
const SERVICE_OF: { readonly [K in Kind]?: (object: ResourceOf<K>) => string } = {
  Service: ({ metadata }) => objectKey(metadata.namespace, metadata.name),
  Endpoints: ({ metadata }) => objectKey(metadata.namespace, metadata.name),
  EndpointSlice: ({ metadata }) => objectKey(metadata.namespace, metadata.labels?.[SERVICE_NAME_LABEL] ?? ""),
};

/** Compares objects by identity: those that did not change are the same values in successive snapshots. */
export function* compareSnapshots(before: Snapshot, after: Snapshot): Steps<SnapshotChange> {
  const services = new Set<string>();
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const serviceOf = SERVICE_OF[kind] as ((object: Resource) => string) | undefined;
    for (const object of yield* differing<Resource>(before.all(kind), after.all(kind))) {
      if (serviceOf === undefined) return { type: "anything" };
      services.add(serviceOf(object));
    }
  }
  for (const service of renamed(before, after)) services.add(service);
  return services.size === 0 ? { type: "nothing" } : { type: "endpoints", services };
}

/** Objects that came, went or changed; of changed ones both versions. */
function* differing<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Steps<readonly T[]> {
  const found: T[] = [];
  if (before === after) return found;
  yield* eachOf(after, ([key, object]) => {
    const was = before.get(key);
    if (was === object) return;
    found.push(object);
    if (was !== undefined) found.push(was);
  });
  yield* eachOf(before, ([key, object]) => {
    if (!after.has(key)) found.push(object);
  });
  return found;
}

/** Services whose external name has other addresses now. */
function* renamed(before: Snapshot, after: Snapshot): Generator<string> {
  if (before.resolvedNames === after.resolvedNames) return;
  for (const [key, { spec }] of after.all("Service")) {
    const { externalName } = spec;
    if (externalName === undefined) continue;
    const addresses = (snapshot: Snapshot) => snapshot.resolvedNames.get(externalName)?.join();
    if (addresses(before) !== addresses(after)) yield key;
  }
}
