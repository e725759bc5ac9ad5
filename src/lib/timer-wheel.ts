/**
 * Coarse timers for thousands of sockets: one interval, a ring of slots. A timer may fire up to two ticks late, never
 * early. Arming and cancelling are O(1) and allocate nothing, so one {@link Timer} lives as long as its socket.
 */

const SLOTS = 1024;

/** Width of a slot in milliseconds. */
export const TICK_MS = 25;

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `tick` every `ms` until the returned function is called. */
  every(ms: number, tick: () => void): () => void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  every(ms, tick) {
    const id = setInterval(tick, ms);
    return () => clearInterval(id);
  },
};

/** A timer that can be armed again and again. What happens when it fires is its subclass's. */
export abstract class Timer {
  /** @internal Neighbours in the slot; null while not armed. */
  next: Timer | null = null;
  /** @internal */
  previous: Timer | null = null;
  /** When it fires, on the wheel's clock; meaningful while armed. */
  deadline = 0;
  protected readonly wheel: TimerWheel;

  constructor(wheel: TimerWheel) {
    this.wheel = wheel;
  }

  get armed(): boolean {
    return this.next !== null;
  }

  /** (Re)starts the timer: it fires once, `ms` milliseconds from now. */
  arm(ms: number): void {
    this.wheel.cancel(this);
    this.wheel.add(this, ms);
  }

  cancel(): void {
    this.wheel.cancel(this);
  }

  /** @internal Called by the wheel. */
  abstract fire(): void;
}

class CallbackTimer extends Timer {
  readonly #callback: () => void;

  constructor(wheel: TimerWheel, callback: () => void) {
    super(wheel);
    this.#callback = callback;
  }

  fire(): void {
    this.#callback();
  }
}

export class TimerWheel {
  readonly #slots: Timer[] = [];
  readonly #clock: Clock;
  #count = 0;
  /** Index of the tick that is being worked off, or was last. */
  #tick = 0;
  #stop: (() => void) | undefined;
  /**
   * When the clock was read last: by what has just happened on a socket, or by a tick. A request asks for the time a
   * dozen times, and reading the clock costs as much as parsing a header line.
   */
  recent: number;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.recent = clock.now();
    for (let i = 0; i < SLOTS; i++) {
      const sentinel = new CallbackTimer(this, () => {});
      sentinel.next = sentinel.previous = sentinel;
      this.#slots.push(sentinel);
    }
  }

  /** Reads the clock. */
  now(): number {
    return this.recent = this.#clock.now();
  }

  timer(callback: () => void): Timer {
    return new CallbackTimer(this, callback);
  }

  /** @internal Use {@link Timer.arm}. */
  add(timer: Timer, ms: number): void {
    const now = this.now();
    if (this.#count++ === 0) {
      this.#tick = Math.floor(now / TICK_MS);
      this.#stop ??= this.#clock.every(TICK_MS, () => this.#advance());
    }
    timer.deadline = now + Math.max(ms, 0);
    // Not into a slot whose tick is over or under way: that one comes again in a whole round only.
    const tick = Math.max(Math.ceil(timer.deadline / TICK_MS), this.#tick + 1);
    const slot = this.#slots[tick % SLOTS] as Timer;
    const last = slot.previous as Timer;
    timer.previous = last;
    timer.next = slot;
    last.next = timer;
    slot.previous = timer;
  }

  /** @internal Use {@link Timer.cancel}. */
  cancel(timer: Timer): void {
    if (timer.next === null) return;
    (timer.previous as Timer).next = timer.next;
    timer.next.previous = timer.previous;
    timer.next = timer.previous = null;
    this.#count--;
  }

  /** Fires what is due. Works off every missed tick when the process was held up, at most one round of the ring. */
  #advance(): void {
    const now = this.now();
    const target = Math.floor(now / TICK_MS);
    const first = Math.max(this.#tick + 1, target - SLOTS + 1);
    for (let tick = first; tick <= target; tick++) {
      this.#tick = tick;
      this.#fireSlot(this.#slots[tick % SLOTS] as Timer, now);
    }
    this.#tick = target;
    if (this.#count === 0) {
      this.#stop?.();
      this.#stop = undefined;
    }
  }

  /** A callback may arm or cancel any timer, so due ones are taken out before the first is called. */
  #fireSlot(slot: Timer, now: number): void {
    if (slot.next === slot) return;
    const due: Timer[] = [];
    for (let timer = slot.next as Timer; timer !== slot; timer = timer.next as Timer) {
      if (timer.deadline <= now) due.push(timer);
    }
    for (const timer of due) {
      if (timer.next === null || timer.deadline > now) continue;
      this.cancel(timer);
      timer.fire();
    }
  }
}
