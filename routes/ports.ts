/** What the admin plane may ask of the program. Route modules read these and decide nothing. */
import type {
  Explanation,
  IndexAnswer,
  ListenersAnswer,
  ObjectsAnswer,
  ProblemsAnswer,
  UpstreamsAnswer,
} from "./shapes.ts";

/** State of the program as probes see it. */
export interface Readiness {
  readonly ready: boolean;
  /** Why not, for people; empty when ready. */
  readonly reasons: readonly string[];
}

export interface ExplainQuery {
  readonly method: string;
  /** Absolute URL; its port chooses the listener. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The TCP peer. */
  readonly from: string;
}

/** Which objects are asked for; undefined = all. */
export interface ObjectQuery {
  readonly kind: string | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

export interface Exposition {
  readonly contentType: string;
  /** The text in pieces. */
  readonly chunks: AsyncIterable<string>;
}

export interface AdminPorts {
  index(): Omit<IndexAnswer, "shape" | "paths">;
  readiness(): Readiness;
  problems(): ProblemsAnswer["problems"];
  objects(query: ObjectQuery): ObjectsAnswer["objects"];
  /** In the shape of `table --json`; undefined until there is one. */
  table(): object | undefined;
  listeners(): Promise<ListenersAnswer["listeners"]>;
  upstreams(): Promise<UpstreamsAnswer["upstreams"]>;
  /** Undefined until there is a table. */
  explain(query: ExplainQuery): Explanation | undefined;
  metrics(): Exposition;
}
