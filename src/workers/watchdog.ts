/** Tells workers that hang from those that are busy: an event loop that runs answers within a moment. */
import type { Slot } from "./slot.ts";

/** Silence after which nobody waits for a worker any more. */
const SUSPECT_MS = 3000;
/** Silence after which it hangs. */
const HANG_MS = 30_000;
/** The same for one that starts: it loads modules, compiles the table and binds ports before it says anything. */
const START_MS = 120_000;
/** The same for one that takes a table into service, however well it reports meanwhile. */
const APPLY_MS = 120_000;

interface Silence {
  ms: number;
  readonly limitMs: number;
}

/** Somebody who waits for a worker's answer. */
interface Waiting {
  readonly slot: Slot;
  giveUp(): void;
}

export class Watchdog {
  /** Of those that have not answered yet. */
  readonly #silences = new Map<Slot, Silence>();
  /** Of those that have not taken the last table yet. */
  readonly #applying = new Map<Slot, Silence>();
  readonly #waiting = new Set<Waiting>();

  /** Something is to be heard of the worker from now on. */
  expect(slot: Slot, isStarting = false): void {
    this.#silences.set(slot, { ms: 0, limitMs: isStarting ? START_MS : HANG_MS });
  }

  /** Whether it has not answered yet. */
  expects(slot: Slot): boolean {
    return this.#silences.has(slot);
  }

  /** It has answered, or is gone. */
  heard(slot: Slot): void {
    this.#silences.delete(slot);
  }

  /** The worker has to take a table into service; `done` resolves when it has, or is gone. */
  async expectApplied(slot: Slot, done: Promise<unknown>): Promise<void> {
    const silence = { ms: 0, limitMs: APPLY_MS };
    this.#applying.set(slot, silence);
    await done;
    if (this.#applying.get(slot) === silence) this.#applying.delete(slot);
  }

  /** Whether it has not taken the last table yet. */
  isApplying(slot: Slot): boolean {
    return this.#applying.has(slot);
  }

  /**
   * Counts `ms` of silence; answers the workers that hang. Time in which we were halted ourselves must not be counted,
   * or they would all hang then.
   */
  pass(ms: number): Slot[] {
    const all = [...this.#silences, ...this.#applying];
    for (const [, silence] of all) silence.ms += ms;
    for (const { slot, giveUp } of this.#waiting) if (this.#suspects(slot)) giveUp();
    return [...new Set(all.filter(([, { ms, limitMs }]) => ms >= limitMs).map(([slot]) => slot))];
  }

  /** The worker's answer, or undefined as soon as it is silent for so long that others must not wait for it. */
  async answerOf<T>(slot: Slot, answer: Promise<T>): Promise<T | undefined> {
    if (this.#suspects(slot)) return undefined;
    const { promise: givenUp, resolve } = Promise.withResolvers<undefined>();
    const waiting = { slot, giveUp: () => resolve(undefined) };
    this.#waiting.add(waiting);
    try {
      return await Promise.race([answer, givenUp]);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  #suspects(slot: Slot): boolean {
    return (this.#silences.get(slot)?.ms ?? 0) >= SUSPECT_MS;
  }
}
