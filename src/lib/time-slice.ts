/** Long computations in short pieces, so that the event loop serves others in between. */

/** How long others wait at most for one piece. */
const SLICE_MS = 4;

export interface TimeSlice {
  /** Whether it is time to rest. */
  readonly isOver: boolean;
  /** Lets everything else run, then begins the next slice. */
  rest(): Promise<void>;
}

/** Begins a slice. `if (slice.isOver) await slice.rest();` belongs into the loop that takes long. */
export function createTimeSlice(): TimeSlice {
  let end = performance.now() + SLICE_MS;
  return {
    get isOver() {
      return performance.now() >= end;
    },
    async rest() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      end = performance.now() + SLICE_MS;
    },
  };
}
