/** What serves traffic, as those see it who tell it what to serve: in this process, or in workers. */
import type { Problem } from "./errors.ts";
import type { Table } from "./table/table.ts";

export interface ListenerStatus {
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  /** Addresses bound; `::` takes both families. */
  readonly addresses: readonly string[];
  /** `pending` is not bound yet, `failed` is tried again, `draining` only finishes what it has begun. */
  readonly state: "serving" | "pending" | "failed" | "draining";
  /** Why it failed, or what it waits for; "" otherwise. */
  readonly reason: string;
  readonly connections: number;
}

export interface UpstreamStatus {
  readonly name: string;
  readonly policy: string;
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly weight: number;
    /** Whether it gets no requests for a while, because it has failed. */
    readonly resting: boolean;
    readonly active: number;
    readonly idle: number;
    readonly requests: number;
    readonly failures: number;
  }[];
}

export interface DataPlane {
  /**
   * Compiles beside traffic, swaps in one assignment, reconciles listeners. Resolves when every wanted listener has been
   * tried once. Calls must not overlap.
   */
  apply(table: Table): Promise<void>;
  listeners(): readonly ListenerStatus[];
  upstreams(): readonly UpstreamStatus[];
  /** Problems found by serving: ports in use, middlewares that cannot be built. */
  problems(): readonly Problem[];
  /** Lets exchanges in flight finish, then cuts the rest. */
  drain(options: DataPlaneDrain): Promise<void>;
  /** Parts of it that do not serve at the moment, for people; left out where it has no parts. */
  absent?(): readonly string[];
  /** What {@link apply} waits for, one sentence each. */
  applying?(): readonly string[];
}

export interface DataPlaneDrain {
  /** How long clients are only asked to close their connections (`Connection: close`), before idle ones are closed. */
  readonly delayMs: number;
  /** For what is in flight after that. */
  readonly timeoutMs: number;
  /** Another instance serves the ports already: nothing more is accepted from now on, instead of after the delay. */
  readonly handover: boolean;
}
