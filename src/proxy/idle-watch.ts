/**
 * Watches a connection for silence. Its timer is armed for the shortest limit and left alone by traffic; when it fires, it
 * looks at the time of the last activity. So a busy connection costs no timer work per request.
 */
import type { Timer, TimerWheel } from "../lib/timer-wheel.ts";

/** Bytes that wait for the peer: as long as their number changes, it takes them, and is not silent. */
export interface Unsent {
  readonly pendingBytes: number;
}

export class IdleWatch {
  readonly #wheel: TimerWheel;
  readonly #timer: Timer;
  readonly #unsent: Unsent;
  #unsentBefore = 0;
  /** On the wheel's clock. */
  lastActivity: number;

  /** @param look called with the silence so far in milliseconds; answers how long until the next look, 0 for no other */
  constructor(wheel: TimerWheel, unsent: Unsent, look: (silentMs: number) => number) {
    this.#wheel = wheel;
    this.#unsent = unsent;
    this.lastActivity = wheel.now();
    this.#timer = wheel.timer(() => {
      // Only while some are left: where writing is asynchronous (Deno) the last ones go at once but after `touch`, and
      // must not look like activity of now. Whoever waits for the rest to go is told by `onDrain`.
      const { pendingBytes } = unsent;
      if (pendingBytes > 0 && pendingBytes !== this.#unsentBefore) this.touch();
      const next = look(wheel.now() - this.lastActivity);
      if (next > 0) this.#timer.arm(next);
    });
  }

  /** Something has happened: now, or in the event that is being worked off (`wheel.recent`). */
  touch(at = this.#wheel.now()): void {
    this.lastActivity = at;
    this.#unsentBefore = this.#unsent.pendingBytes;
  }

  /** Sees to it that the next look comes within `ms` of the last activity; leaves the timer alone when it does already. */
  within(ms: number): void {
    if (!this.#timer.armed || this.#timer.deadline > this.lastActivity + ms) this.#timer.arm(ms);
  }

  cancel(): void {
    this.#timer.cancel();
  }
}
