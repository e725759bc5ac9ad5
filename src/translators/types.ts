/** What translation takes and gives. */
import type { ObjectRef, Problem, ProblemCode } from "../errors.ts";
import type { Alb2 } from "../resources/alb2.ts";
import type { Resource } from "../resources/kinds.ts";
import type { Snapshot } from "../resources/snapshot.ts";
import type { Table } from "../table/table.ts";
import type { UpstreamPlan } from "./shared/upstream.ts";

/** Settings from the command line; everything else is in the snapshot. */
export interface TranslateOptions {
  /** Base domain of labels and annotations, e.g. `cpaas.io`. */
  readonly labelDomain: string;
  /** The ALB2 to serve, needed when there are several. */
  readonly alb?: { readonly namespace?: string | undefined; readonly name: string } | undefined;
  /** CIDRs of peers whose forwarded headers count, valid; those of the ALB2 are added. */
  readonly trustedProxies: readonly string[];
}

export interface Translation {
  readonly table: Table;
  /** Those of references last. */
  readonly problems: readonly Problem[];
  /** The Secrets and ConfigMaps that objects name, by the {@link usesKey} of the object. */
  readonly uses: ReadonlyMap<string, Uses>;
  /** What {@link Table.upstreams} was made from, for `refreshEndpoints`. */
  readonly plan: TranslationPlan;
}

/** Objects that another one names. */
export type Uses = readonly Pick<ObjectRef, "kind" | "namespace" | "name">[];

/** Key of an object in {@link Translation.uses}. */
export function usesKey({ kind, namespace, name }: Pick<ObjectRef, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}

/** Remembers which upstreams were resolved from which Service (`namespace/name`). Not part of the table: it holds resources. */
export interface TranslationPlan {
  readonly byService: ReadonlyMap<string, readonly UpstreamPlan[]>;
  /** Problems of references, by upstream; only upstreams that have some. */
  readonly unresolved: ReadonlyMap<string, readonly Problem[]>;
}

/** The gateway that is being translated: an ALB2, or the implicit one. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
  /** Undefined = the implicit one, which owns every Frontend. */
  readonly alb: Alb2 | undefined;
  /** Decides the few behaviours on which ALB and the Kubernetes standards disagree (rulings of the design). */
  readonly mode: "alb" | "standard";
}

/** Passed to whatever translates a part. */
export interface Context {
  readonly snapshot: Snapshot;
  readonly options: TranslateOptions;
  readonly owner: Owner;
  readonly report: Report;
  /** Becomes {@link Translation.uses}. */
  readonly uses: Map<string, Uses>;
}

/** Records a {@link Problem}; `severity` is `error` unless given. */
export type Report = (object: Resource | ObjectRef, finding: Finding) => void;

export interface Finding {
  readonly code: ProblemCode;
  /** "" = the object itself. */
  readonly field: string;
  readonly reason: string;
  readonly severity?: Problem["severity"];
}
