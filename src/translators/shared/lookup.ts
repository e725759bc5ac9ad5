/** What objects take from Secrets and ConfigMaps that they name. */
import type { Resource, ResourceOf } from "../../resources/kinds.ts";
import { type Context, usesKey } from "../types.ts";

/** Finds an object that is named; undefined when there is none. */
export type Lookup = <K extends "Secret" | "ConfigMap">(
  kind: K,
  namespace: string,
  name: string,
) => ResourceOf<K> | undefined;

/** A lookup for `owner`, of which it is remembered what it has asked for. */
export function lookupFor(owner: Resource, { snapshot, uses }: Pick<Context, "snapshot" | "uses">): Lookup {
  const { namespace, name } = owner.metadata;
  const key = usesKey({ kind: owner.kind, namespace, name });
  return function lookup(kind, namespace, name) {
    const known = uses.get(key) ?? [];
    const isKnown = known.some((each) =>
      each.kind === kind && each.namespace === namespace && each.name === name
    );
    if (!isKnown) uses.set(key, [...known, { kind, namespace, name }]);
    return snapshot.get(kind, namespace, name);
  };
}
