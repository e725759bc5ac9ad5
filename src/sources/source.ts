/** Where objects come from: files now, a cluster later. */
import type { Problem } from "../errors.ts";
import type { Snapshot } from "../resources/snapshot.ts";

/** What a source believes at one moment. */
export interface SourceUpdate {
  readonly snapshot: Snapshot;
  /** Everything that was refused; complete each time, not only what is new. */
  readonly problems: readonly Problem[];
}

export interface Source {
  /** Resolves after the first update was handed to `listener`, which then hears of every change. */
  start(listener: (update: SourceUpdate) => void): Promise<void>;
  /** Looks at everything again now; resolves after the listener heard of what changed. */
  reload(): Promise<void>;
  /** Stops watching; the listener is not called again. */
  close(): void;
}
