/** Objects for tests: the least that each kind needs, with what a test adds. */
import { type Kind, KINDS, type ResourceOf } from "../../src/resources/kinds.ts";
import { readObject, type ReadResult } from "../../src/resources/read.ts";

const SPECS: { readonly [K in Kind]?: Record<string, unknown> } = {
  ALB2: { spec: {} },
  Frontend: { spec: { port: 80 } },
  Rule: { spec: {} },
  Service: { spec: {} },
};

/** Manifest of an object of `kind`; `fields` replace its top-level fields. */
export function manifest(kind: Kind, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const { group, versions } = KINDS[kind];
  const apiVersion = group === "" ? versions[0] : `${group}/${versions[0]}`;
  return { apiVersion, kind, metadata: { name: "a" }, ...SPECS[kind], ...fields };
}

/** Reads a manifest that is good; throws with what is wrong when it is not. */
export function good<K extends Kind>(kind: K, fields: Record<string, unknown> = {}): ResourceOf<K> {
  const { object, issues } = readObject(manifest(kind, fields));
  if (issues.length > 0 || object?.kind !== kind) throw new Error(messages({ issues }).join("\n"));
  return object as unknown as ResourceOf<K>;
}

/** `field: reason` for each thing that is wrong. */
export function messages({ issues }: Pick<ReadResult, "issues">): string[] {
  return issues.map(({ field, reason }) => `${field}: ${reason}`);
}
