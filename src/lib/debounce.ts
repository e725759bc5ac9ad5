/** One call for a burst of hints. */

export interface Debounce {
  hint(): void;
  /** A call that is due does not come any more. */
  cancel(): void;
}

/** Calls `run` when no hint came for `quietMs`, or `longestMs` after the first, if hints never pause. */
export function createDebounce(run: () => void, quietMs: number, longestMs: number): Debounce {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let deadline = 0;

  function cancel(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  return {
    cancel,
    hint() {
      const now = performance.now();
      if (timer === undefined) deadline = now + longestMs;
      clearTimeout(timer);
      timer = setTimeout(() => {
        timer = undefined;
        run();
      }, Math.max(0, Math.min(quietMs, deadline - now)));
    },
  };
}
