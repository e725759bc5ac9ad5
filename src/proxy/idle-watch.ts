/**
 * Watches a connection for silence. It is a timer, armed for the shortest limit and left alone by traffic; when it fires, it
 * looks at the time of the last activity. So a busy connection costs no timer work per request.
 */
import { Timer, type TimerWheel } from "../lib/timer-wheel.ts";

/** Whoever is watched. It is told through a method, not a function: there are as many of them as connections. */
export interface Watched {
  /** Told how long nothing has happened, in milliseconds; answers how long until the next look, 0 for no other. */
  look(silentMs: number): number;
}

/** Bytes that wait for the peer: as long as their number changes, it takes them, and is not silent. */
export interface Unsent {
  readonly pendingBytes: number;
}

export class IdleWatch extends Timer {
  readonly #watched: Watched;
  readonly #unsent: Unsent;
  #unsentBefore = 0;
  /** On the wheel's clock. */
  lastActivity: number;

  constructor(wheel: TimerWheel, unsent: Unsent, watched: Watched) {
    super(wheel);
    this.#watched = watched;
    this.#unsent = unsent;
    this.lastActivity = wheel.now();
  }

  /** @internal Called by the wheel. */
  fire(): void {
    // Only while some are left: where writing is asynchronous (Deno) the last ones go at once but after `touch`, and
    // must not look like activity of now. Whoever waits for the rest to go is told by `onDrain`.
    const { pendingBytes } = this.#unsent;
    if (pendingBytes > 0 && pendingBytes !== this.#unsentBefore) this.touch();
    const next = this.#watched.look(this.wheel.now() - this.lastActivity);
    if (next > 0) this.arm(next);
  }

  /** Something has happened: now, or in the event that is being worked off (`wheel.recent`). */
  touch(at = this.wheel.now()): void {
    this.lastActivity = at;
    this.#unsentBefore = this.#unsent.pendingBytes;
  }

  /** Sees to it that the next look comes within `ms` of the last activity; leaves the timer alone when it does already. */
  within(ms: number): void {
    if (!this.armed || this.deadline > this.lastActivity + ms) this.arm(ms);
  }
}
