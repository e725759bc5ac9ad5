/** What the admin plane may ask of the program. Route modules read these and decide nothing. */
import type { Problem } from "../src/errors.ts";

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
  readonly headers: readonly (readonly [string, string])[];
  /** The TCP peer; 127.0.0.1 when not given. */
  readonly from: string;
}

export interface AdminPorts {
  readiness(): Readiness;
  problems(): readonly Problem[];
  /** Every object of the snapshot, redacted. */
  objects(): unknown;
  /** The table, redacted, in the shape of `table --json`. */
  table(): unknown;
  /** Listeners with whether they are bound and why not. */
  listeners(): unknown;
  /** Upstreams with endpoints, pools and counters. */
  upstreams(): unknown;
  /** In the shape of `explain --json`. */
  explain(query: ExplainQuery): unknown;
  /** Prometheus text and its content type. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
}
